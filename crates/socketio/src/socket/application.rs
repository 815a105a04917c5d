//! What an application implements, and what it is given.

use std::net::IpAddr;

use bytes::Bytes;

use super::{handle::Socket, packet::AckId};
use crate::reason::Reason;

/// What happens on the sockets of a server.
///
/// All sockets of a client are served by one task, which calls these one at a time, in the order of the client's
/// packets. While one runs, frames are still written and heartbeats answered, but no further packet is read. When the
/// connection ends meanwhile, the future gets [`Settings::handler_grace`](crate::Settings::handler_grace) to finish,
/// and is dropped then.
pub trait Application: Send + Sync + 'static {
    /// State of one connected socket, owned by the task of its connection.
    type Session: Send + 'static;

    /// A client wants to connect to a namespace.
    fn connect(&self, request: ConnectRequest)
    -> impl Future<Output = Result<Accepted<Self::Session>, Refused>> + Send;

    /// Called after the answer to CONNECT has been queued, before any packet of the socket is handled.
    fn connected(&self, session: &mut Self::Session) -> impl Future<Output = ()> + Send {
        let _ = session;
        async {}
    }

    /// The client sent an event.
    fn event(&self, session: &mut Self::Session, event: Event) -> impl Future<Output = ()> + Send;

    /// The socket has ended; called exactly once for each accepted socket.
    fn disconnect(&self, session: Self::Session, reason: Reason) -> impl Future<Output = ()> + Send;
}

/// A client's wish to connect.
#[derive(Debug)]
pub struct ConnectRequest {
    /// `/`, or another path. It comes from the client.
    pub namespace: String,
    /// The JSON object that the client sent as its credentials, as text.
    pub auth: Option<String>,
    /// Where the client is, if known: see [`Peer`](crate::Peer).
    pub peer: Option<IpAddr>,
    /// The socket that it will be. What is sent on it now reaches the client before the answer.
    pub socket: Socket,
}

/// A connection was accepted.
#[derive(Debug)]
pub struct Accepted<S> {
    /// State of the socket.
    pub session: S,
    /// Private session id, which asks the client to present it and its last offset when it reconnects:
    /// <https://socket.io/docs/v4/connection-state-recovery>.
    pub pid: Option<String>,
}

/// A connection was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The message of the client's `connect_error`.
    pub message: String,
    /// JSON text that the client finds in the error's `data`.
    pub data: Option<String>,
    /// Whether the connection is closed as well, rather than left to try again until it has had its time.
    pub close: bool,
}

impl Refused {
    /// What the reference server says about a namespace that does not exist.
    pub fn invalid_namespace() -> Self {
        Self { message: "Invalid namespace".to_owned(), data: None, close: false }
    }
}

/// An event from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its arguments: the text of a JSON array. Placeholders stand for attachments; they have not been checked.
    pub args: String,
    /// The binary parts.
    pub attachments: Vec<Bytes>,
    /// Set if the client wants an answer; see [`Socket::ack`].
    pub ack: Option<AckId>,
}
