//! The handle to a socket.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;

use super::packet::AckId;
use crate::{
    engine::{Connection, Id},
    frame::Frame,
    reason::{Closed, Reason},
};

/// A cheap handle to one client in one namespace.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    connection: Connection,
    id: Id,
    /// `None` is the main namespace.
    namespace: Option<Box<str>>,
    left: AtomicBool,
}

impl Socket {
    pub(crate) fn new(connection: Connection, namespace: &str) -> Self {
        let namespace = (namespace != "/").then(|| namespace.into());
        Self(Arc::new(Inner { connection, id: Id::random(), namespace, left: AtomicBool::new(false) }))
    }

    /// The socket's public id; it differs from that of the connection, which is a secret of the client.
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// The namespace, `/` or another path.
    pub fn namespace(&self) -> &str {
        self.0.namespace.as_deref().unwrap_or("/")
    }

    /// Queues a frame without ever waiting.
    ///
    /// # Errors
    /// [`Closed`] if the socket has ended, or its connection had no room for the frame and was cut
    /// ([`Reason::SlowConsumer`]).
    pub fn emit(&self, frame: Frame) -> Result<(), Closed> {
        self.open()?.send(frame)
    }

    /// Queues a frame as soon as there is room.
    ///
    /// # Errors
    /// [`Closed`] if the socket has ended, or its connection found no room within
    /// [`Settings::write_timeout`](crate::Settings::write_timeout) and was cut ([`Reason::SlowConsumer`]).
    pub async fn emit_when_ready(&self, frame: Frame) -> Result<(), Closed> {
        self.open()?.send_when_ready(frame).await
    }

    /// Waits until half of the outbox is free: for those who have much to send and want to leave
    /// room for what is urgent.
    ///
    /// # Errors
    /// As for [`emit_when_ready`](Self::emit_when_ready).
    pub async fn ready(&self) -> Result<(), Closed> {
        self.open()?.ready().await
    }

    /// Answers an event with the text of a JSON array.
    ///
    /// # Errors
    /// As for [`emit`](Self::emit).
    pub fn ack(&self, id: AckId, args: &str) -> Result<(), Closed> {
        self.ack_with(id, args, Vec::new())
    }

    /// Answers an event with the text of a JSON array whose placeholders stand for attachments.
    ///
    /// # Errors
    /// As for [`emit`](Self::emit).
    pub fn ack_with(&self, id: AckId, args: &str, attachments: Vec<Bytes>) -> Result<(), Closed> {
        self.emit(Frame::ack(self.namespace(), id, args, attachments))
    }

    /// Ends the connection, with all its sockets; only the first reason counts.
    pub fn close(&self, reason: Reason) {
        self.0.connection.close(reason);
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.open().is_err() || self.0.connection.closed().is_some()
    }

    /// The client has left the namespace, or was never let in.
    pub(crate) fn leave(&self) {
        self.0.left.store(true, Ordering::Release);
    }

    fn open(&self) -> Result<&Connection, Closed> {
        if self.0.left.load(Ordering::Acquire) { Err(Closed) } else { Ok(&self.0.connection) }
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Socket");
        debug.field("id", &self.id()).field("namespace", &self.namespace()).finish_non_exhaustive()
    }
}
