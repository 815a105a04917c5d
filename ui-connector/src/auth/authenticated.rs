//! The token of an HTTP request.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use server::authorization::authorization;

use super::token::InvalidToken;
use crate::state::App;

/// Proof that a request has a valid token.
pub(crate) struct Authenticated;

impl Authenticated {
    /// Verifies the token of a request.
    ///
    /// # Errors
    /// [`InvalidToken`], answered with 401.
    pub(crate) fn verify(app: &App, headers: &HeaderMap) -> Result<Self, InvalidToken> {
        app.settings.tokens.verify(authorization(headers)).map(|_| Self)
    }
}

/// Closes a handler to requests without a valid token.
impl FromRequestParts<Arc<App>> for Authenticated {
    type Rejection = InvalidToken;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, InvalidToken> {
        Self::verify(app, &parts.headers)
    }
}

/// The text is part of the contract with the desktops.
impl IntoResponse for InvalidToken {
    fn into_response(self) -> Response {
        (StatusCode::UNAUTHORIZED, Json(json!({"message": self.to_string()}))).into_response()
    }
}
