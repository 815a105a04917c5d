//! A call of a method, and the error that is its response if it fails.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The largest body that is read.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// A call of a method.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// `projects/P/locations/L`; global if the path names no location.
    pub(super) location: String,
    /// What follows, such as `["conversations", "C", "participants", "X"]`.
    pub(super) resource: Vec<String>,
    /// What follows a colon, such as `analyzeContent`.
    pub(super) verb: Option<String>,
    pub(super) query: Vec<(String, String)>,
    /// Null if there was none.
    pub(super) body: Value,
}

impl Call {
    pub(super) async fn read(request: Request) -> Result<Self, DialogflowError> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|_| invalid("the body cannot be read"))?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| invalid("Invalid JSON payload received."))?
        };
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let (location, resource, verb) = split(parts.uri.path()).ok_or(DialogflowError::NotFound("Method"))?;
        Ok(Self { method: parts.method, location, resource, verb, query, body })
    }

    /// A member of the query or of the body, in either spelling.
    pub(super) fn text(&self, camel: &str, snake: &str) -> Option<&str> {
        let query = self.query.iter().find(|(name, _)| name == camel || name == snake);
        query.map(|(_, value)| value.as_str()).or_else(|| member(&self.body, camel, snake)?.as_str())
    }
}

/// Google's parser reads both spellings.
pub(super) fn member<'a>(body: &'a Value, camel: &str, snake: &str) -> Option<&'a Value> {
    body.get(camel).or_else(|| body.get(snake))
}

pub(super) fn invalid(text: &str) -> DialogflowError {
    DialogflowError::InvalidArgument(text.to_owned())
}

/// `/v2/projects/P[/locations/L]/…[:verb]`.
fn split(path: &str) -> Option<(String, Vec<String>, Option<String>)> {
    let (path, verb) = match path.rsplit_once(':') {
        Some((path, verb)) => (path, Some(verb.to_owned())),
        None => (path, None),
    };
    let mut segments = path.trim_start_matches('/').split('/').map(str::to_owned);
    let (_version, projects, project) = (segments.next()?, segments.next()?, segments.next()?);
    let mut rest: Vec<_> = segments.collect();
    let mut location = "global".to_owned();
    if rest.first().is_some_and(|segment| segment == "locations") && rest.len() >= 2 {
        location.clone_from(&rest[1]);
        rest.drain(..2);
    }
    (projects == "projects").then(|| (format!("projects/{project}/locations/{location}"), rest, verb))
}

/// Why a call has no result; texts and statuses as Google's APIs have them
/// (<https://cloud.google.com/apis/design/errors>).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DialogflowError {
    #[error("{0}")]
    InvalidArgument(String),
    #[error("{0} not found.")]
    NotFound(&'static str),
    #[error("The conversation already exists.")]
    AlreadyExists,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let text = |path: &str| split(path).map(|(location, rest, verb)| (location, rest.join("/"), verb));
        let is = |location: &str, rest: &str, verb: Option<&str>| {
            Some((location.to_owned(), rest.to_owned(), verb.map(str::to_owned)))
        };
        assert_eq!(
            text("/v2/projects/p/locations/us/conversations/c:complete"),
            is("projects/p/locations/us", "conversations/c", Some("complete"))
        );
        assert_eq!(text("/v2beta1/projects/p/conversations"), is("projects/p/locations/global", "conversations", None));
        assert_eq!(text("/v2/p"), None);
    }
}
