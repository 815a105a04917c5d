use std::net::IpAddr;

use bytes::Bytes;

use crate::engine::library::ClientLibrary;
use crate::frame::AckId;
use crate::reason::Reason;
use crate::socket::Socket;

/// What happens on the sockets of a server.
///
/// One task serves all sockets of a client. It calls these methods one at a time, in the order of
/// the client's packets. While one runs, frames are still written and heartbeats are still sent,
/// but no further packet is read. When the connection ends meanwhile, the future may run for
/// another [`handler_grace`](crate::SocketSettings::handler_grace) and is then dropped.
pub trait Application: Send + Sync + 'static {
    /// State of one connected socket, owned by the task of its connection.
    type SocketState: Send + 'static;

    /// Accepts or refuses a client that wants to connect to a namespace.
    fn connect(
        &self,
        request: ConnectRequest,
    ) -> impl Future<Output = Result<Accepted<Self::SocketState>, Refused>> + Send;

    /// Called once the answer to CONNECT has been queued, before any packet of the socket is handled.
    fn connected(&self, state: &mut Self::SocketState) -> impl Future<Output = ()> + Send {
        let _ = state;
        async {}
    }

    /// Handles an event from the client.
    fn event(&self, state: &mut Self::SocketState, event: ClientEvent) -> impl Future<Output = ()> + Send;

    /// Called exactly once for each accepted socket, when it has ended.
    fn disconnect(&self, state: Self::SocketState, reason: Reason) -> impl Future<Output = ()> + Send;
}

/// A client's request to connect to a namespace.
#[derive(Debug)]
pub struct ConnectRequest {
    /// `/` or another path, as the client wrote it.
    pub namespace: String,
    /// The credentials that the client sent: the text of a JSON object.
    pub auth: Option<String>,
    /// The [`RemoteIp`](crate::RemoteIp) of the request that opened the connection.
    pub address: Option<IpAddr>,
    /// The library of the client.
    pub library: ClientLibrary,
    /// The socket that results if the client is accepted. Frames that are sent on it now reach the
    /// client before the answer.
    pub socket: Socket,
}

/// The client is accepted into the namespace.
#[derive(Debug)]
pub struct Accepted<S> {
    /// State of the socket.
    pub state: S,
    /// Private session id. The client presents it, with the last offset, when it reconnects:
    /// <https://socket.io/docs/v4/connection-state-recovery>.
    pub pid: Option<String>,
}

/// The client is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The message of the client's `connect_error`.
    pub message: String,
    /// JSON text, the `data` of the client's `connect_error`.
    pub data: Option<String>,
    /// Whether to close the connection, too. Otherwise the client may try again until
    /// [`connect_timeout`](crate::SocketSettings::connect_timeout).
    pub close: bool,
}

impl Refused {
    /// The answer of the reference server for a namespace that does not exist.
    pub fn invalid_namespace() -> Self {
        Self { message: "Invalid namespace".to_owned(), data: None, close: false }
    }
}

/// An event from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientEvent {
    /// Its name.
    pub name: String,
    /// Its arguments: the text of a JSON array. Its placeholders for attachments are not checked.
    pub args: String,
    /// Its binary parts.
    pub attachments: Vec<Bytes>,
    /// Set if the client waits for an answer; see [`Socket::ack`].
    pub ack: Option<AckId>,
}
