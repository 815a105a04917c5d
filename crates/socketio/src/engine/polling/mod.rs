//! HTTP long-polling: <https://github.com/socketio/engine.io-protocol#http-long-polling>.

pub(super) mod get;
pub(super) mod post;

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;
use tokio::time::Instant;

use super::packet::ClientMessage;
use super::websocket::WebSocket;

/// The state of a client that polls.
#[derive(Default)]
pub(super) struct Polling {
    pub(super) upgrade: UpgradeProgress,
    poll: Option<WaitingPoll>,
    /// Whether a peer polls in place of the client.
    is_bridged: bool,
    /// Whether a POST is being served.
    is_posting: bool,
    /// Messages of the last POST that have not been handled.
    inbound: VecDeque<ClientMessage>,
    pong: bool,
    /// The answer to the last poll, with the `t` of that poll, until another one comes: if the answer is lost on its way,
    /// a browser or a balancer repeats the request.
    answered: Option<(Box<str>, Bytes)>,
    /// When the pong is due, if a ping has not been answered. Whether the task or a request notices
    /// first, the connection ends then.
    pub(super) pong_by: Option<Instant>,
}

/// How far the upgrade to WebSocket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum UpgradeProgress {
    #[default]
    None,
    /// A WebSocket is open, and has not been probed.
    Opened,
    /// The probe has been answered. Polls get NOOP, and frames wait for the WebSocket.
    Probed,
}

/// What the task takes over when the upgrade is complete.
pub(super) struct Upgraded {
    pub(super) websocket: WebSocket,
    /// Whether a pong came by polling that the task has not handled.
    pub(super) pong: bool,
    /// Messages that came by polling and have not been handled.
    pub(super) inbound: VecDeque<ClientMessage>,
}

/// A GET that waits for its response.
#[derive(Default)]
struct WaitingPoll {
    waker: Option<Waker>,
    /// Whether it must be answered at once, with NOOP if there is nothing else.
    is_released: bool,
}

impl Polling {
    /// Returns the answer to the last poll, if this is the same one again.
    fn repeated(&self, t: &str) -> Option<Bytes> {
        self.answered.as_ref().filter(|(last, _)| !t.is_empty() && **last == *t).map(|(_, answer)| answer.clone())
    }

    /// Returns whether no other poll is waiting.
    fn start_poll(&mut self) -> bool {
        // Another poll proves that the last answer has arrived.
        self.answered = None;
        let is_first = self.poll.is_none();
        self.poll.get_or_insert_default();
        is_first
    }

    /// Has the waiting poll answered at once. Returns its waker.
    pub(super) fn release_poll(&mut self) -> Option<Waker> {
        let poll = self.poll.as_mut()?;
        poll.is_released = true;
        poll.waker.take()
    }

    pub(super) fn take_poll_waker(&mut self) -> Option<Waker> {
        self.poll.as_mut()?.waker.take()
    }

    pub(super) fn take_pong(&mut self) -> bool {
        std::mem::take(&mut self.pong)
    }

    pub(super) fn take_message(&mut self) -> Option<ClientMessage> {
        let message = self.inbound.pop_front();
        if self.inbound.is_empty() {
            self.inbound = VecDeque::new();
        }
        message
    }

    /// Returns what the connection's task takes over when the upgrade is complete.
    pub(super) fn into_upgraded(self, websocket: WebSocket) -> Upgraded {
        Upgraded { websocket, pong: self.pong, inbound: self.inbound }
    }

    /// Whether the pong is overdue.
    pub(super) fn is_overdue(&self) -> bool {
        !self.pong && self.pong_by.is_some_and(|by| Instant::now() >= by)
    }
}
