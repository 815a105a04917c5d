//! A WebSocket for a connection that a peer has.
//!
//! ```text
//!   client ═══ WebSocket ═══ Bridge ─── GET and POST, relayed ─── peer, where the client polls
//! ```

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{MissedTickBehavior, Sleep, interval, sleep, timeout};

use super::RemoteConnection;
use super::message::Reply;
use crate::engine::packet::{EnginePacket, decode_answer, encode_message};
use crate::engine::polling::get::{HOLD, Poller};
use crate::engine::registry::ConnectionPermit;
use crate::engine::upgrade::{next_packet, probe};
use crate::engine::websocket::WebSocket;
use crate::reason::Reason;

const PONG: &[u8] = b"3";
const CLOSE: &[u8] = b"1";

/// Time in which the peer must respond to the message that the client has gone.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

type PendingReply = Pin<Box<dyn Future<Output = Reply> + Send>>;

pub(crate) struct Bridge {
    websocket: WebSocket,
    remote: RemoteConnection,
    get: Option<PendingReply>,
    post: Option<PendingReply>,
    /// Ends the connection if the write in progress takes too long.
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl Bridge {
    pub(crate) fn new(websocket: WebSocket, remote: RemoteConnection) -> Self {
        Self { websocket, remote, get: None, post: None, write_timer: None }
    }

    /// Runs until the WebSocket or the connection ends, or the server is drained. `permit` counts the
    /// bridge as a connection.
    pub(crate) async fn run(mut self, permit: ConnectionPermit) {
        let upgraded = timeout(self.remote.settings().upgrade_timeout, self.upgrade()).await;
        if upgraded.ok().flatten().is_none() {
            // The client continues to poll.
            self.websocket.close(Vec::new(), Reason::TransportClose);
            return;
        }
        self.websocket.set_max_payload(self.remote.settings().max_payload);
        let reason = tokio::select! {
            reason = poll_fn(|cx| self.poll(cx)) => reason,
            () = permit.drained() => Reason::Shutdown,
        };
        let Self { websocket, remote, .. } = self;
        let lingering = websocket.close(Vec::new(), reason);
        // If the message does not reach the peer, the missing pongs end the connection.
        let _ = timeout(CLOSE_TIMEOUT, remote.post(Bytes::from_static(CLOSE))).await;
        if let Some(websocket) = lingering {
            websocket.linger().await;
        }
    }

    /// Answers the probe, and releases the client's polls until it completes the upgrade.
    async fn upgrade(&mut self) -> Option<()> {
        probe(&mut self.websocket).await?;
        let mut rounds = interval(HOLD);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                packet = next_packet(&mut self.websocket) => {
                    return (packet? == EnginePacket::Upgrade).then_some(());
                }
                _ = rounds.tick() => {
                    self.remote.release().await.ok()?;
                }
            }
        }
    }

    /// Passes on what comes from either side. Ready when the connection ends.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            if let Poll::Ready(reason) = self.poll_write(cx) {
                return Poll::Ready(reason);
            }
            match (self.poll_get(cx), self.poll_post(cx)) {
                (Err(reason), _) | (_, Err(reason)) => return Poll::Ready(reason),
                (Ok(false), Ok(false)) => return Poll::Pending,
                (Ok(_), Ok(_)) => {}
            }
        }
    }

    /// Continues to write. Ready with an error only.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        if let Poll::Ready(written) = self.websocket.poll_write(cx) {
            self.write_timer = None;
            return written.map_or_else(Poll::Ready, |_| Poll::Pending);
        }
        let limit = self.remote.settings().write_timeout;
        if self.websocket.take_progress() {
            self.write_timer = None;
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        timer.as_mut().poll(cx).map(|()| Reason::SlowConsumer)
    }

    /// From the peer to the client, once the previous frames have been written. Returns whether there
    /// was progress.
    fn poll_get(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        if self.websocket.is_writing() {
            return Ok(false);
        }
        let get = self.get.get_or_insert_with(|| {
            let remote = self.remote.clone();
            Box::pin(async move { remote.poll(Poller::Bridge).await })
        });
        let Poll::Ready(reply) = get.as_mut().poll(cx) else { return Ok(false) };
        self.get = None;
        // An error, or a CLOSE, means that the connection has ended at the peer.
        let frames = reply.ok().and_then(|reply| decode_answer(&reply)).ok_or(Reason::Shutdown)?;
        if !frames.is_empty() {
            self.websocket.start_write(frames);
        }
        Ok(true)
    }

    /// From the client to the peer, once the previous packet has been posted. Returns whether there was
    /// progress.
    fn poll_post(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        if let Some(post) = &mut self.post {
            let Poll::Ready(reply) = post.as_mut().poll(cx) else { return Ok(false) };
            self.post = None;
            reply.map_err(|_| Reason::Shutdown)?;
        }
        let Poll::Ready(packet) = self.websocket.poll_read(cx) else { return Ok(false) };
        let body = match packet? {
            EnginePacket::Message(message) => encode_message(&message),
            EnginePacket::Pong => Bytes::from_static(PONG),
            EnginePacket::Noop => return Ok(true),
            EnginePacket::Close => return Err(Reason::TransportClose),
            EnginePacket::Open | EnginePacket::Ping | EnginePacket::Probe | EnginePacket::Upgrade => {
                return Err(Reason::ProtocolError);
            }
        };
        let remote = self.remote.clone();
        self.post = Some(Box::pin(async move { remote.post(body).await }));
        Ok(true)
    }
}
