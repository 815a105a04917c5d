//! What can go wrong with a push, and the answer to Pub/Sub, which takes 102, 200, 201, 202
//! and 204 for an acknowledgement and delivers again after every other answer
//! (<https://cloud.google.com/pubsub/docs/push#receive_push>).

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use server::body::BodyError;
use server::telemetry::causes;

use crate::metrics::PushResult;
use crate::push_auth::Unauthorized;

/// Seconds after which a delivery may succeed. Pub/Sub follows its own backoff; other senders read it.
const RETRY_AFTER_SECONDS: &str = "1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the body holds no Pub/Sub message")]
    NoMessage,
    #[error("the message has no data")]
    NoData,
    #[error("a field of the message has a wrong type")]
    WrongType,
    #[error("the data is not base64")]
    Base64,
    #[error(
        "the data is binary protobuf: set messageFormat to JSON in the conversation profile's notification configs"
    )]
    Protobuf,
    #[error("the data is not UTF-8")]
    NotUtf8,
    #[error("the data is not a JSON object")]
    NotAnObject,
    #[error("the event names no conversation")]
    NoConversation,
    #[error("the event's conversation is not of the form projects/P[/locations/L]/conversations/C")]
    ConversationName,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    #[error("{0}")]
    Rejected(Malformed),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("failed to record the event")]
    Broker(#[from] broker::Error),
}

impl PushError {
    /// What the metrics call it.
    pub(crate) const fn result(&self) -> PushResult {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => PushResult::Unavailable,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => PushResult::Unauthorized,
            _ => PushResult::Rejected,
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(Unauthorized::Missing) => StatusCode::UNAUTHORIZED,
            Self::Broker(_) | Self::Body(BodyError::Overloaded) | Self::Unauthorized(Unauthorized::Unavailable(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Unauthorized(_) => StatusCode::FORBIDDEN,
            Self::Rejected(_) | Self::Body(BodyError::Broken(_)) => StatusCode::BAD_REQUEST,
            Self::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::Slow) => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl IntoResponse for PushError {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::warn!(status = status.as_u16(), error = %causes(&self), "push not acknowledged");
        match (self, status) {
            (Self::Rejected(reason), _) => (status, format!("Bad Request: {reason}")).into_response(),
            (_, StatusCode::UNAUTHORIZED) => (status, [(WWW_AUTHENTICATE, "Bearer")]).into_response(),
            (_, StatusCode::SERVICE_UNAVAILABLE) => (status, [(RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response(),
            _ => status.into_response(),
        }
    }
}
