//! The body of a request: JSON, whole, and bounded.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::IgnoredAny;
use server::body::BodyBudget;

use super::error::Error;

/// Reads a body that must be JSON and is sent on as it came; `null` stands for no body.
///
/// It is read to its end first, because what is not JSON must not reach Dialogflow.
pub(super) async fn read(budget: &BodyBudget, headers: &HeaderMap, body: Body) -> Result<Bytes, Error> {
    if !is_json(headers) {
        return Err(Error::NotDeclaredAsJson);
    }
    let body = budget.read(headers, body).await?.bytes;
    match serde_json::from_slice::<Option<IgnoredAny>>(&body) {
        Ok(Some(_)) => Ok(body),
        Ok(None) => Ok(Bytes::new()),
        Err(_) => Err(Error::NotJson),
    }
}

/// `application/json`, perhaps with parameters, or a type that is built on it.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
