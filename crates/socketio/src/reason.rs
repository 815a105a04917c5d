use std::fmt;

use thiserror::Error;

/// Why a socket or its connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The client left the namespace. Its connection may still be open.
    ClientDisconnect,
    /// The client closed the connection, or aborted a poll.
    TransportClose,
    /// The connection broke.
    TransportError,
    /// The client did not answer a ping in time.
    PingTimeout,
    /// The client reads too slowly: its outbox was full, or a write took too long.
    SlowConsumer,
    /// The client was not accepted into a namespace in time.
    ConnectTimeout,
    /// The client violated the protocol or exceeded a limit.
    ProtocolError,
    /// The connection reached the end of its configured lifetime.
    Recycled,
    /// The server is being drained.
    Shutdown,
    /// The application closed the connection.
    Application,
}

impl Reason {
    /// Returns the reason as a label for metrics and logs.
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

    /// Whether the client may still be reading, so that it is worth sending it a closing frame.
    pub(crate) const fn is_orderly(self) -> bool {
        !matches!(self, Self::TransportError | Self::PingTimeout | Self::SlowConsumer)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A frame was not sent: the connection has ended, or was closed because its outbox is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the connection is closed")]
pub struct Closed;

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsent {
    /// The outbox is full.
    #[error("the outbox is full")]
    NoRoom,
    /// The connection has ended.
    #[error("the connection is closed")]
    Closed,
}
