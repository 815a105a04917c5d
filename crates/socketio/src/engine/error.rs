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
    const fn status_and_code(self) -> (StatusCode, u8) {
        match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, 0),
            Self::UnknownSession => (StatusCode::BAD_REQUEST, 1),
            Self::HandshakeMethod => (StatusCode::BAD_REQUEST, 2),
            Self::BadRequest => (StatusCode::BAD_REQUEST, 3),
            Self::UnsupportedProtocol => (StatusCode::BAD_REQUEST, 5),
            Self::WebSocketVersion => (StatusCode::UPGRADE_REQUIRED, 3),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 3),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, 3),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, 3),
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let body = format!(r#"{{"code":{code},"message":"{self}"}}"#);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if self == Self::WebSocketVersion {
            // https://www.rfc-editor.org/rfc/rfc6455#section-4.4
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}
