//! The connector's HTTP routes.

mod conversation_name;
mod health;
mod page;
mod register;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use broker::KeyStore;
use reqwest::Client;
use server::address::{ClientAddress, note_client};
use socketio::RemoteIp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::Settings;
use crate::auth::settings::AuthSettings;
use crate::auth::token::TokenKeys;
use crate::guard::Refusals;
use crate::hub::Hub;
use crate::kinds::AllowedOrigins;

/// No request to the routes of this file has a larger body.
const MAX_BODY: usize = 64 * 1024;
/// The longest that one of them may take, the reading of its body included.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// The same for those that ask identity providers, which have their own, shorter time for each question.
const LOGIN_TIME: Duration = Duration::from_secs(30);

/// What the handlers share.
pub(crate) struct App {
    auth: AuthSettings,
    /// Asks the identity providers.
    http: Client,
    tokens: Arc<TokenKeys>,
    project: String,
    keys: Arc<dyn KeyStore>,
    hub: Arc<Hub>,
    refusals: Arc<Refusals>,
    /// Permits for logins about which a provider is being asked.
    logins: Semaphore,
    stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(
        settings: &Settings,
        http: Client,
        keys: Arc<dyn KeyStore>,
        hub: Arc<Hub>,
        refusals: Arc<Refusals>,
        stopping: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            auth: settings.auth.clone(),
            http,
            tokens: settings.tokens.clone(),
            project: settings.project.clone(),
            keys,
            hub,
            refusals,
            logins: Semaphore::new(settings.guard.max_logins),
            stopping,
        })
    }
}

impl AsRef<TokenKeys> for App {
    fn as_ref(&self) -> &TokenKeys {
        &self.tokens
    }
}

pub(crate) fn router(app: Arc<App>, sockets: Router, dialogflow: Router, settings: &Settings) -> Router {
    let pages = if settings.console { page::console() } else { Router::new() };
    let plain = pages
        .route("/status", get(health::status))
        .route("/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/conversation-name", post(conversation_name::set))
        .route("/conversation-name", get(conversation_name::get).delete(conversation_name::delete))
        .with_state(app.clone());
    let logins = Router::new()
        .route("/register", post(register::agent))
        .route("/register-app", post(register::application))
        .with_state(app);
    within(plain, REQUEST_TIME)
        .merge(within(logins, LOGIN_TIME))
        .merge(sockets.layer(from_fn(note_peer)))
        .merge(dialogflow)
        .layer(from_fn(note_client))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(cors_layer(&settings.cors))
}

/// Routes with small bodies and a time limit.
fn within(router: Router, time: Duration) -> Router {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time))
}

/// Tells the Socket.IO server where a client is.
async fn note_peer(mut request: Request, next: Next) -> Response {
    if let Some(ClientAddress(address)) = request.extensions().get().copied() {
        request.extensions_mut().insert(RemoteIp(address));
    }
    next.run(request).await
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
