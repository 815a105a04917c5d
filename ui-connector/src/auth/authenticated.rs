//! The token of an HTTP request.

use std::ops::Deref;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use server::authorization::authorization;

use super::token::{InvalidToken, TokenKeys};

/// Proof that the request came with a valid token. Handlers that take it are closed to others.
pub struct Authenticated;

/// The state is shared by a pointer, and has the keys somewhere.
impl<S> FromRequestParts<S> for Authenticated
where
    S: Deref<Target: AsRef<TokenKeys>> + Send + Sync,
{
    type Rejection = InvalidToken;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, InvalidToken> {
        state.as_ref().verify(authorization(&parts.headers)).map(|_| Self)
    }
}

/// The text is part of the contract with the desktops.
impl IntoResponse for InvalidToken {
    fn into_response(self) -> Response {
        (StatusCode::UNAUTHORIZED, Json(json!({"message": self.to_string()}))).into_response()
    }
}
