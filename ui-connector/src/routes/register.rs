use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use service::telemetry::causes;

use super::App;
use crate::auth::provider::PlatformToken;

/// A user name longer than this is nobody's.
const MAX_USER_BYTES: usize = 1024;

/// Gives a token to whom the identity provider knows.
pub(super) async fn register(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Err(refusal) = app.auth.agents.verify(&PlatformToken::from_header(authorization)).await {
        tracing::info!(provider = app.auth.agents.name(), reason = %causes(&refusal), "a desktop may not register");
        return unauthorized();
    }
    let user = match user(&body) {
        Ok(user) => user,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    match app.tokens.issue(&user) {
        Ok(token) => Json(json!({"token": token})).into_response(),
        Err(error) => {
            tracing::error!(%error, "a token could not be signed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The answer does not tell why.
fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [("Authentication", "valid token required")], "Could not authenticate user")
        .into_response()
}

/// The user's name, empty unless the body is an object that has one. An unreadable body counts as none.
fn user(body: &[u8]) -> Result<String, &'static str> {
    match serde_json::from_slice(body) {
        Err(_) | Ok(Value::Null) => Ok(String::new()),
        Ok(Value::Object(members)) => match members.get("gcp_agent_assist_user") {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(user)) if user.len() <= MAX_USER_BYTES => Ok(user.clone()),
            Some(_) => Err("gcp_agent_assist_user must be a text of at most 1024 bytes"),
        },
        Ok(_) => Err("the body must be a JSON object"),
    }
}
