//! The handle to a session.

use std::{net::IpAddr, sync::Arc};

use super::link::Link;
use crate::{
    frame::Frame,
    reason::{Closed, Reason, Unsent},
};

/// A cheap handle to a session, from which anyone can send to its client.
#[derive(Clone)]
pub struct Connection(Arc<Link>);

impl Connection {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        Self(link)
    }

    /// The session's unguessable id. Who knows it can speak for the client while it polls.
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// Exempts the session from [`Settings::connect_timeout`](crate::Settings::connect_timeout) and
    /// [`Settings::max_payload_before_connect`](crate::Settings::max_payload_before_connect).
    pub fn establish(&self) {
        self.0.establish();
    }

    /// Queues a frame without ever waiting.
    ///
    /// # Errors
    /// [`Closed`] if the session has ended, or had no room for the frame, which cuts it ([`Reason::SlowConsumer`]).
    pub fn send(&self, frame: Frame) -> Result<(), Closed> {
        self.0.send(frame)
    }

    /// Queues a frame if there is room. The session goes on either way.
    ///
    /// # Errors
    /// [`Unsent`] if there is none, or the session has ended.
    pub fn try_send(&self, frame: Frame) -> Result<(), Unsent> {
        self.0.try_send(frame)
    }

    /// Queues a frame as soon as there is room.
    ///
    /// # Errors
    /// [`Closed`] if the session has ended, or found no room within
    /// [`Settings::write_timeout`](crate::Settings::write_timeout), which cuts it ([`Reason::SlowConsumer`]).
    pub async fn send_when_ready(&self, frame: Frame) -> Result<(), Closed> {
        self.0.send_when_ready(frame).await
    }

    /// Waits until half of the outbox is free: for those who have much to send and want to leave
    /// room for what is urgent.
    ///
    /// # Errors
    /// [`Closed`] if the session has ended, or half of the outbox did not become free within
    /// [`Settings::write_timeout`](crate::Settings::write_timeout), which cuts it ([`Reason::SlowConsumer`]).
    pub async fn ready(&self) -> Result<(), Closed> {
        self.0.ready().await
    }

    /// Ends the session; only the first reason counts.
    pub fn close(&self, reason: Reason) {
        self.0.close(reason);
    }

    /// Why the session has ended, if it has.
    pub fn closed(&self) -> Option<Reason> {
        self.0.closed()
    }

    /// Where the client is: the [`Peer`](crate::Peer) of the request that began the session.
    pub fn peer(&self) -> Option<IpAddr> {
        self.0.peer
    }

    /// Bytes of the largest message that the client may send now.
    pub(crate) fn max_payload(&self) -> usize {
        self.0.max_payload()
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("closed", &self.closed()).finish_non_exhaustive()
    }
}
