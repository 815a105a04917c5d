use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a call has no result; texts and statuses as Google's APIs have them
/// (<https://cloud.google.com/apis/design/errors>).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialogflowError {
    /// The request makes no sense.
    #[error("{0}")]
    InvalidArgument(String),
    /// There is no such resource or method.
    #[error("{0} not found.")]
    NotFound(&'static str),
    /// The id is taken.
    #[error("The conversation already exists.")]
    AlreadyExists,
    /// The conversation is over.
    #[error("The conversation is completed.")]
    FailedPrecondition,
}

impl DialogflowError {
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidArgument(_) => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::AlreadyExists => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
            Self::FailedPrecondition => (StatusCode::BAD_REQUEST, "FAILED_PRECONDITION"),
        }
    }
}

impl IntoResponse for DialogflowError {
    fn into_response(self) -> Response {
        let (code, status) = self.status();
        let body = json!({"error": {"code": code.as_u16(), "message": self.to_string(), "status": status}});
        (code, Json(body)).into_response()
    }
}
