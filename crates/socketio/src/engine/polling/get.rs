//! A GET, which waits for frames.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::{Polling, UpgradeProgress};
use crate::engine::connection::{Connection, ConnectionState, Phase, wake};
use crate::engine::error::RequestError;
use crate::engine::outbox::Load;
use crate::engine::packet::encode_payload;
use crate::reason::Reason;

/// How long a poll is held that arrives after the probe. A client that is about to complete the
/// upgrade does not poll. The reference server checks for such polls every 100 ms, too.
pub(crate) const HOLD: Duration = Duration::from_millis(100);

const CLOSE: &str = "1";
const NOOP: &str = "6";

/// Packets in an answer. Clients of python-engineio disconnect if there are more:
/// <https://github.com/miguelgrinberg/python-engineio/blob/main/src/engineio/payload.py>.
const MAX_PACKETS: usize = 16;

/// The sender of a GET.
#[derive(Clone, Copy)]
pub(crate) enum Poller<'a> {
    /// The client, with the parameter `t` that makes each of its polls unique. The same one again gets the same answer.
    Client(&'a str),
    /// A peer to which the client has a WebSocket. From then on the client must not poll.
    Bridge,
}

/// Serves a GET: waits for frames, and returns them.
pub(crate) async fn poll(connection: &Connection, poller: Poller<'_>) -> Result<Bytes, RequestError> {
    let t = match poller {
        Poller::Client(t) => t,
        Poller::Bridge => "",
    };
    if let Ok(polling) = connection.lock().polling() {
        match poller {
            Poller::Bridge => polling.is_bridged = true,
            // Like a poll after an upgrade here, it is refused, and the WebSocket stays.
            Poller::Client(_) if polling.is_bridged => return Err(RequestError::BadRequest),
            Poller::Client(t) => {
                if let Some(answer) = polling.repeated(t) {
                    return Ok(answer);
                }
            }
        }
    }
    if let Err(error) = connection.begin_request(Polling::start_poll) {
        return if take_final_noop(connection) { Ok(NOOP.into()) } else { Err(error) };
    }
    let mut guard = PollGuard { connection, is_answered: false };
    let held = timeout(HOLD, poll_fn(|cx| poll_answer(connection, t, cx, false))).await;
    let answer = match held {
        Ok(answer) => answer,
        Err(_) => poll_fn(|cx| poll_answer(connection, t, cx, true)).await,
    };
    guard.is_answered = true;
    answer
}

/// Has the waiting poll, if there is one, answered at once.
pub(crate) fn release(connection: &Connection) {
    let poll = connection.lock().polling().ok().and_then(Polling::release_poll);
    wake(poll);
}

fn take_final_noop(connection: &Connection) -> bool {
    match &mut connection.lock().phase {
        Phase::Closed { final_noop, .. } => std::mem::take(final_noop),
        _ => false,
    }
}

/// Ends the connection if the client aborts its poll.
struct PollGuard<'a> {
    connection: &'a Connection,
    is_answered: bool,
}

impl Drop for PollGuard<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.connection.close(Reason::TransportClose);
        }
    }
}

fn poll_answer(connection: &Connection, t: &str, cx: &Context<'_>, is_held: bool) -> Poll<Result<Bytes, RequestError>> {
    let mut state = connection.lock();
    let Some(answer) = answer(&mut state, is_held) else {
        if let Ok(polling) = state.polling()
            && let Some(poll) = &mut polling.poll
        {
            poll.waker = Some(cx.waker().clone());
        }
        return Poll::Pending;
    };
    if let Ok(polling) = state.polling() {
        polling.poll = None;
        polling.answered = answer.as_ref().ok().map(|answer| (t.into(), answer.clone()));
    }
    let waiters = state.take_waiters();
    drop(state);
    waiters.into_iter().for_each(Waker::wake);
    Poll::Ready(answer)
}

/// Returns the response to the waiting poll, if there is one yet.
fn answer(state: &mut ConnectionState, is_held: bool) -> Option<Result<Bytes, RequestError>> {
    if let Some(reason) = state.closed() {
        let last = if reason == Reason::TransportClose { NOOP } else { CLOSE };
        return Some(Ok(last.into()));
    }
    let polling = match state.polling() {
        Ok(polling) => polling,
        Err(error) => return Some(Err(error)),
    };
    let is_released = polling.poll.as_ref().is_some_and(|poll| poll.is_released);
    if polling.upgrade == UpgradeProgress::Probed {
        return (is_held || is_released).then(|| Ok(NOOP.into()));
    }
    if state.outbox.is_empty() {
        return is_released.then(|| Ok(NOOP.into()));
    }
    let frames = state.outbox.take_first(MAX_PACKETS);
    state.outbox.settle(Load::of(&frames));
    Some(Ok(encode_payload(&frames).into()))
}
