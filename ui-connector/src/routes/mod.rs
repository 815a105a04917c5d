//! The connector's HTTP routes.

mod conversation_name;
mod health;
mod page;
mod register;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method, StatusCode};
use axum::routing::{get, post};
use broker::KeyStore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use crate::Settings;
use crate::auth::settings::AuthSettings;
use crate::auth::token::TokenKeys;
use crate::config::AllowedOrigins;
use crate::hub::Hub;

/// No request to the routes of this file has a larger body.
const MAX_BODY: usize = 64 * 1024;
/// The longest that one of them may take, the reading of its body included.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// What the handlers share.
pub(crate) struct App {
    auth: AuthSettings,
    tokens: Arc<TokenKeys>,
    project: String,
    keys: Arc<dyn KeyStore>,
    conversation_name_ttl: Duration,
    hub: Arc<Hub>,
    stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(
        settings: &Settings,
        keys: Arc<dyn KeyStore>,
        hub: Arc<Hub>,
        stopping: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            auth: settings.auth.clone(),
            tokens: settings.tokens.clone(),
            project: settings.project.clone(),
            keys,
            conversation_name_ttl: settings.conversation_name_ttl,
            hub,
            stopping,
        })
    }
}

impl AsRef<TokenKeys> for App {
    fn as_ref(&self) -> &TokenKeys {
        &self.tokens
    }
}

pub(crate) fn router(app: Arc<App>, sockets: Router, dialogflow: Router, cors: &AllowedOrigins) -> Router {
    page::console()
        .route("/status", get(health::status))
        .route("/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/register", post(register::agent))
        .route("/register-app", post(register::application))
        .route("/conversation-name", post(conversation_name::set))
        .route("/conversation-name", get(conversation_name::get).delete(conversation_name::delete))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME))
        .with_state(app)
        .merge(sockets)
        .merge(dialogflow)
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
