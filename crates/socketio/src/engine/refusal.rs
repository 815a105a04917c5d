//! What a request gets that cannot be served.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use thiserror::Error;

/// A refused request. The first five and their codes are the reference server's:
/// <https://github.com/socketio/socket.io/blob/main/packages/engine.io/lib/server.ts>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("Transport unknown")]
    UnknownTransport,
    #[error("Session ID unknown")]
    UnknownSession,
    #[error("Bad handshake method")]
    HandshakeMethod,
    #[error("Bad request")]
    BadRequest,
    #[error("Unsupported protocol version")]
    UnsupportedProtocol,
    #[error("Payload too large")]
    TooLarge,
    #[error("Request too slow")]
    TooSlow,
    #[error("Server is full or shutting down")]
    Unavailable,
}

impl Refusal {
    const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownTransport
            | Self::UnknownSession
            | Self::HandshakeMethod
            | Self::BadRequest
            | Self::UnsupportedProtocol => StatusCode::BAD_REQUEST,
        }
    }

    /// As other processes are told.
    pub(crate) const fn letter(self) -> u8 {
        match self {
            Self::TooLarge => b'l',
            Self::TooSlow => b's',
            Self::Unavailable => b'u',
            Self::UnknownSession => b'n',
            Self::UnknownTransport | Self::HandshakeMethod | Self::BadRequest | Self::UnsupportedProtocol => b'b',
        }
    }

    pub(crate) const fn of_letter(letter: u8) -> Self {
        match letter {
            b'l' => Self::TooLarge,
            b's' => Self::TooSlow,
            b'u' => Self::Unavailable,
            b'n' => Self::UnknownSession,
            _ => Self::BadRequest,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::HandshakeMethod => 2,
            Self::BadRequest | Self::TooLarge | Self::TooSlow | Self::Unavailable => 3,
            Self::UnsupportedProtocol => 5,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = format!(r#"{{"code":{},"message":"{self}"}}"#, self.code());
        (self.status(), [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}
