//! From HTTP long-polling to WebSocket.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol#upgrade>.

use std::{future::poll_fn, sync::Arc};

use tokio::time::timeout;

use super::{
    link::{Link, wake},
    packet::Packet,
    polled::Phase,
    refusal::Refusal,
    websocket::Channel,
};
use crate::frame::Frame;

const PROBED: &str = "3probe";

/// An upgrade that has begun. Dropped before it is complete, it leaves the session to its polls.
pub(crate) struct Upgrade {
    link: Arc<Link>,
}

impl Upgrade {
    pub(crate) fn begin(link: Arc<Link>) -> Result<Self, Refusal> {
        let mut state = link.lock();
        if state.closed().is_some() {
            return Err(Refusal::UnknownSession);
        }
        let polled = state.polled.as_mut().ok_or(Refusal::BadRequest)?;
        if polled.phase != Phase::Polling {
            return Err(Refusal::BadRequest);
        }
        polled.phase = Phase::Upgrading;
        drop(state);
        Ok(Self { link })
    }

    /// Performs the upgrade and hands the WebSocket to the session's task.
    pub(crate) async fn run(self, mut channel: Channel) {
        let limit = self.link.settings.upgrade_timeout;
        let ended = self.link.until(limit, |state| state.closed());
        let upgraded = tokio::select! {
            upgraded = timeout(limit, self.negotiate(&mut channel)) => upgraded.ok().flatten(),
            _ = ended => None,
        };
        if upgraded.is_some() {
            self.complete(channel);
        }
    }

    async fn negotiate(&self, channel: &mut Channel) -> Option<()> {
        expect(channel, &Packet::Ping(true)).await?;
        channel.begin(vec![Frame::fixed(PROBED)]);
        poll_fn(|cx| channel.poll_write(cx)).await.ok()?;
        self.move_on(Phase::Probed);
        expect(channel, &Packet::Upgrade).await
    }

    /// Enters a phase and tells a waiting poll.
    fn move_on(&self, phase: Phase) {
        let mut state = self.link.lock();
        let Some(polled) = &mut state.polled else {
            return;
        };
        polled.phase = phase;
        polled.poll.interrupted = phase == Phase::Probed && polled.poll.active;
        let poll = polled.take_poll_waker();
        drop(state);
        wake(poll);
    }

    fn complete(&self, channel: Channel) {
        let mut state = self.link.lock();
        if state.closed().is_some() {
            return;
        }
        let Some(polled) = &mut state.polled else {
            return;
        };
        polled.hand_over(channel);
        let poll = polled.take_poll_waker();
        let task = state.take_task();
        drop(state);
        wake(poll);
        wake(task);
    }
}

impl Drop for Upgrade {
    fn drop(&mut self) {
        let upgraded = self.link.lock().polled.as_ref().is_none_or(|polled| polled.phase == Phase::Upgraded);
        if !upgraded {
            self.move_on(Phase::Polling);
        }
    }
}

async fn expect(channel: &mut Channel, expected: &Packet) -> Option<()> {
    let packet = poll_fn(|cx| channel.poll_read(cx)).await;
    (packet.as_ref() == Ok(expected)).then_some(())
}
