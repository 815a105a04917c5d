use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::engine::Connection;
use crate::engine::id::RandomId;
use crate::frame::{AckId, Frame};
use crate::reason::{Closed, Reason, Unsent};

/// A handle to one client in one namespace. Clones share the socket.
#[derive(Clone)]
pub struct Socket(Arc<SocketInner>);

struct SocketInner {
    connection: Arc<Connection>,
    id: RandomId,
    /// `None` is the main namespace.
    namespace: Option<Box<str>>,
    left: AtomicBool,
}

impl Socket {
    pub(crate) fn new(connection: Arc<Connection>, namespace: &str) -> Self {
        let namespace = (namespace != "/").then(|| namespace.into());
        Self(Arc::new(SocketInner { connection, id: RandomId::generate(), namespace, left: AtomicBool::new(false) }))
    }

    /// Returns the public id of the socket. It differs from the session id, which is a secret of the
    /// client.
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// Returns the namespace, `/` or another path.
    pub fn namespace(&self) -> &str {
        self.0.namespace.as_deref().unwrap_or("/")
    }

    /// Queues a frame without waiting.
    ///
    /// # Errors
    /// [`Closed`] if the socket has ended, or if its outbox had no room for the frame; the connection
    /// is closed then ([`Reason::SlowConsumer`]).
    pub fn emit(&self, frame: Frame) -> Result<(), Closed> {
        self.open()?.send(frame)
    }

    /// Queues a frame if there is room. The connection stays open either way, for senders that can
    /// send the frame again after [`ready`](Self::ready).
    ///
    /// # Errors
    /// [`Unsent`] if there is no room, or if the socket has ended.
    pub fn try_emit(&self, frame: Frame) -> Result<(), Unsent> {
        self.open().map_err(|Closed| Unsent::Closed)?.try_send(frame)
    }

    /// Queues a frame as soon as there is room.
    ///
    /// # Errors
    /// [`Closed`] if the socket has ended, or if there was no room within
    /// [`write_timeout`](crate::SocketSettings::write_timeout); the connection is closed then
    /// ([`Reason::SlowConsumer`]).
    pub async fn emit_when_ready(&self, frame: Frame) -> Result<(), Closed> {
        self.open()?.send_when_ready(frame).await
    }

    /// Waits until half of the outbox is free, for senders that have much to send and leave room for
    /// what is urgent.
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

    /// Answers an event with the text of a JSON array whose placeholders stand for `attachments`.
    ///
    /// # Errors
    /// As for [`emit`](Self::emit).
    pub fn ack_with(&self, id: AckId, args: &str, attachments: Vec<Bytes>) -> Result<(), Closed> {
        self.emit(Frame::ack(self.namespace(), id, args, attachments))
    }

    /// Closes the connection with all its sockets. Only the first reason counts.
    pub fn close(&self, reason: Reason) {
        self.0.connection.close(reason);
    }

    /// Whether the socket has ended.
    pub fn is_closed(&self) -> bool {
        self.open().is_err() || self.0.connection.closed().is_some()
    }

    /// Ends the socket without its connection: the client left the namespace, or was refused.
    pub(crate) fn leave(&self) {
        self.0.left.store(true, Ordering::Release);
    }

    fn open(&self) -> Result<&Connection, Closed> {
        if self.0.left.load(Ordering::Acquire) { Err(Closed) } else { Ok(&self.0.connection) }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Socket");
        debug.field("id", &self.id()).field("namespace", &self.namespace()).finish_non_exhaustive()
    }
}
