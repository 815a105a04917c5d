use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

/// Why an HTTP request is not served. The first five, and all codes, are the reference server's:
/// <https://github.com/socketio/socket.io/blob/main/packages/engine.io/lib/server.ts>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum RequestError {
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
    #[error("Unsupported WebSocket version")]
    WebSocketVersion,
    #[error("Payload too large")]
    TooLarge,
    #[error("Request too slow")]
    TooSlow,
    #[error("Server is full or shutting down")]
    Unavailable,
}

impl RequestError {
    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownTransport
            | Self::UnknownSession
            | Self::HandshakeMethod
            | Self::BadRequest
            | Self::UnsupportedProtocol => StatusCode::BAD_REQUEST,
            Self::WebSocketVersion => StatusCode::UPGRADE_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::HandshakeMethod => 2,
            Self::BadRequest | Self::WebSocketVersion | Self::TooLarge | Self::TooSlow | Self::Unavailable => 3,
            Self::UnsupportedProtocol => 5,
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let body = format!(r#"{{"code":{},"message":"{self}"}}"#, self.code());
        let mut response = (self.status(), [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if self == Self::WebSocketVersion {
            // https://www.rfc-editor.org/rfc/rfc6455#section-4.4
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}
