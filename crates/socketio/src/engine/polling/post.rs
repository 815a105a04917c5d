//! A POST, which brings packets.

use std::task::Waker;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use tokio::time::timeout;

use crate::engine::connection::{Connection, ConnectionState};
use crate::engine::error::RequestError;
use crate::engine::packet::{ClientMessage, EnginePacket, parse_payload};
use crate::reason::Reason;

/// Packets that one POST may bring.
const MAX_PACKETS: usize = 4096;

/// Serves a POST: passes its packets to the task, once those of the previous POST have been handled.
pub(crate) async fn post(connection: &Connection, body: Body) -> Result<&'static str, RequestError> {
    connection.begin_request(|polling| !std::mem::replace(&mut polling.is_posting, true))?;
    let _guard = PostGuard(connection);
    let body = read_body(body, connection.max_payload(), connection.settings.ping_timeout).await;
    let body = body.inspect_err(|_| connection.close(Reason::ProtocolError))?;
    let packets = parse_payload(&body, MAX_PACKETS).ok().and_then(Posted::sort);
    let Some(posted) = packets else {
        connection.close(Reason::ProtocolError);
        return Err(RequestError::BadRequest);
    };
    deliver(connection, posted).await?;
    Ok("ok")
}

/// Reads the body of a POST, of at most `limit` bytes, in at most the time `within`.
pub(crate) async fn read_body(body: Body, limit: usize, within: Duration) -> Result<Bytes, RequestError> {
    let body = timeout(within, axum::body::to_bytes(body, limit)).await;
    body.map_err(|_| RequestError::TooSlow)?.map_err(|_| RequestError::TooLarge)
}

/// Allows the next POST when this one has been served or aborted.
struct PostGuard<'a>(&'a Connection);

impl Drop for PostGuard<'_> {
    fn drop(&mut self) {
        if let Ok(polling) = self.0.lock().polling() {
            polling.is_posting = false;
        }
    }
}

/// The packets of a POST.
#[derive(Default)]
struct Posted {
    messages: Vec<ClientMessage>,
    pong: bool,
    close: bool,
}

impl Posted {
    /// Returns `None` if a client must not post one of these packets.
    fn sort(packets: Vec<EnginePacket>) -> Option<Self> {
        let mut posted = Self::default();
        for packet in packets {
            match packet {
                EnginePacket::Message(message) => posted.messages.push(message),
                EnginePacket::Pong => posted.pong = true,
                EnginePacket::Close => posted.close = true,
                EnginePacket::Noop => {}
                EnginePacket::Open | EnginePacket::Ping | EnginePacket::Probe | EnginePacket::Upgrade => return None,
            }
        }
        Some(posted)
    }
}

async fn deliver(connection: &Connection, posted: Posted) -> Result<(), RequestError> {
    let mut posted = Some(posted);
    let delivered = connection.wait_for(connection.settings.ping_timeout, |state| accept(state, &mut posted)).await;
    let Some(wakers) = delivered.transpose()? else {
        connection.close(Reason::TransportError);
        return Err(RequestError::TooSlow);
    };
    wakers.into_iter().for_each(Waker::wake);
    Ok(())
}

/// Accepts the packets if those before have been handled. Returns the wakers to be woken.
fn accept(state: &mut ConnectionState, posted: &mut Option<Posted>) -> Option<Result<Vec<Waker>, RequestError>> {
    let polling = match state.polling() {
        Ok(polling) => polling,
        Err(error) => return Some(Err(error)),
    };
    let posted = posted.take_if(|posted| posted.messages.is_empty() || polling.inbound.is_empty())?;
    if posted.close {
        let final_noop = polling.poll.is_none();
        return Some(Ok(state.close(Reason::TransportClose, final_noop)));
    }
    polling.pong |= posted.pong;
    polling.inbound.extend(posted.messages);
    Some(Ok(state.take_task().into_iter().collect()))
}
