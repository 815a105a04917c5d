//! Why a call has no answer of Dialogflow.

use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use server::body::BodyError;
use server::telemetry::causes;

use super::methods::NotOffered;
use crate::auth::token::InvalidToken;
use crate::google::credentials::TokenError;

/// Seconds after which a call may succeed.
const RETRY_SECONDS: &str = "5";

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("There is no such method.")]
    NoSuchPath,
    #[error("The method is not allowed.")]
    NoSuchMethod(&'static str),
    #[error("{0}")]
    Token(#[from] InvalidToken),
    #[error("The project is not the one of your token.")]
    OtherProject,
    #[error("The location is invalid.")]
    Location,
    #[error("The path is invalid.")]
    Path,
    #[error("The body must be of the type application/json.")]
    NotDeclaredAsJson,
    #[error("The body is not JSON.")]
    NotJson,
    #[error("The body is too large.")]
    TooLarge,
    #[error("There are too many calls at the moment.")]
    Overloaded,
    #[error("The body did not arrive in time.")]
    SlowBody,
    #[error("The body did not arrive.")]
    BrokenBody,
    #[error("Dialogflow cannot be asked now.")]
    NoGoogleToken(#[from] TokenError),
    #[error("Dialogflow cannot be reached.")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("Dialogflow did not answer in time.")]
    Timeout,
}

impl Error {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoSuchMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::OtherProject => StatusCode::FORBIDDEN,
            Self::Location | Self::Path | Self::NotJson | Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::NotDeclaredAsJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::NoGoogleToken(_) | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreachable(_) => StatusCode::BAD_GATEWAY,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl From<NotOffered> for Error {
    fn from(reason: NotOffered) -> Self {
        match reason {
            NotOffered::Path => Self::NoSuchPath,
            NotOffered::Method(allowed) => Self::NoSuchMethod(allowed),
        }
    }
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::Overloaded => Self::Overloaded,
            BodyError::Slow => Self::SlowBody,
            BodyError::Broken(_) => Self::BrokenBody,
        }
    }
}

/// The text is the desktop's, the cause the log's.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), error = %causes(&self), "call to Dialogflow failed");
        }
        let mut response = (status, Json(json!({"message": self.to_string()}))).into_response();
        if let Self::NoSuchMethod(allowed) = self {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }
}
