//! Why connections end.

use thiserror::Error;

/// Why a socket or its connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The client left the namespace; its connection may live on.
    ClientDisconnect,
    /// The client closed the connection, or gave up a poll.
    TransportClose,
    /// The connection broke.
    TransportError,
    /// The client did not answer a ping in time.
    PingTimeout,
    /// The client reads too slowly: its outbox was full, or a write took too long.
    SlowConsumer,
    /// The client was accepted into no namespace in time.
    ConnectTimeout,
    /// The client broke the protocol or one of its limits.
    ProtocolError,
    /// The connection reached the end of its configured lifetime.
    Recycled,
    /// The server is being drained.
    Shutdown,
    /// The application closed the connection.
    Application,
}

impl Reason {
    /// The reason as a label for metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client_disconnect",
            Self::TransportClose => "transport_close",
            Self::TransportError => "transport_error",
            Self::PingTimeout => "ping_timeout",
            Self::SlowConsumer => "slow_consumer",
            Self::ConnectTimeout => "connect_timeout",
            Self::ProtocolError => "protocol_error",
            Self::Recycled => "recycled",
            Self::Shutdown => "shutdown",
            Self::Application => "application",
        }
    }

    /// Whether the client may still be reading, so that a parting word makes sense.
    pub(crate) const fn is_orderly(self) -> bool {
        !matches!(self, Self::TransportError | Self::PingTimeout | Self::SlowConsumer)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Nothing was sent: the connection has ended, or was cut because its outbox is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the connection is closed")]
pub struct Closed;
