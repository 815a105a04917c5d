//! The connector's HTTP routes.

mod health;
mod page;
mod register;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method};
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Settings;
use crate::auth::provider::AuthOption;
use crate::auth::token::TokenKeys;
use crate::config::AllowedOrigins;
use crate::hub::Hub;

/// What the handlers share.
pub(crate) struct App {
    auth: AuthOption,
    tokens: Arc<TokenKeys>,
    hub: Arc<Hub>,
    stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(settings: &Settings, hub: Arc<Hub>, stopping: CancellationToken) -> Self {
        Self { auth: settings.auth, tokens: settings.tokens.clone(), hub, stopping }
    }
}

pub(crate) fn router(app: App, sockets: Router, cors: &AllowedOrigins) -> Router {
    page::console()
        .route("/status", get(health::status))
        .route("/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/register", post(register::register))
        .with_state(Arc::new(app))
        .merge(sockets)
        .layer(cors_layer(cors))
}

/// Desktops send their token in a header, never in a cookie, so credentials are not allowed.
fn cors_layer(allowed: &AllowedOrigins) -> CorsLayer {
    const HEADERS: [HeaderName; 2] = [AUTHORIZATION, CONTENT_TYPE];
    let origins = match allowed {
        AllowedOrigins::Any => AllowOrigin::any(),
        AllowedOrigins::Only(origins) => AllowOrigin::list(origins.clone()),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(HEADERS)
}
