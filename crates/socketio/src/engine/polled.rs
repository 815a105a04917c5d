//! The state of a session while its client uses HTTP long-polling.

use std::{collections::VecDeque, task::Waker};

use tokio::time::Instant;

use super::{packet::Message, websocket::Channel};

#[derive(Default)]
pub(crate) struct Polled {
    pub(crate) phase: Phase,
    pub(crate) poll: PendingPoll,
    /// A POST is being served.
    pub(crate) posting: bool,
    /// Messages of the last POST, not handled yet.
    inbound: VecDeque<Message>,
    pong: bool,
    /// When a ping without its pong ends the session, whoever notices first.
    pub(crate) pong_by: Option<Instant>,
    /// The client closed the session while its poll was still on the way: that poll gets its NOOP all the same.
    pub(crate) farewell: bool,
    channel: Option<Box<Channel>>,
}

/// How far the upgrade to WebSocket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Polling,
    /// A WebSocket was opened; it has not proved that it works.
    Upgrading,
    /// The probe went through: polls get NOOP, and frames are kept for the WebSocket.
    Probed,
    /// The session belongs to the WebSocket.
    Upgraded,
}

#[derive(Default)]
pub(crate) struct PendingPoll {
    pub(crate) active: bool,
    /// It must be answered with NOOP, because the transport changes.
    pub(crate) interrupted: bool,
    pub(crate) waker: Option<Waker>,
}

impl Polled {
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        !self.pong && self.pong_by.is_some_and(|by| now >= by)
    }

    pub(crate) fn take_poll_waker(&mut self) -> Option<Waker> {
        self.poll.waker.take()
    }

    pub(crate) fn take_pong(&mut self) -> bool {
        std::mem::take(&mut self.pong)
    }

    pub(crate) fn pong(&mut self) {
        self.pong = true;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.inbound.is_empty()
    }

    pub(crate) fn receive(&mut self, messages: impl IntoIterator<Item = Message>) {
        self.inbound.extend(messages);
    }

    pub(crate) fn take_message(&mut self) -> Option<Message> {
        let message = self.inbound.pop_front();
        if self.inbound.is_empty() {
            self.inbound = VecDeque::new();
        }
        message
    }

    pub(crate) fn into_inbound(self) -> Option<VecDeque<Message>> {
        (!self.inbound.is_empty()).then_some(self.inbound)
    }

    pub(crate) fn hand_over(&mut self, channel: Channel) {
        self.phase = Phase::Upgraded;
        self.channel = Some(Box::new(channel));
    }

    pub(crate) fn take_channel(&mut self) -> Option<Box<Channel>> {
        self.channel.take()
    }

    /// The session has ended: nothing is kept but what its last poll needs.
    pub(crate) fn end(&mut self) -> Option<Waker> {
        self.inbound = VecDeque::new();
        self.channel = None;
        self.take_poll_waker()
    }
}
