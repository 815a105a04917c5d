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
use server::address::{ClientAddress, note_client};
use server::load;
use socketio::RemoteIp;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::dialogflow;
use crate::kinds::AllowedOrigins;
use crate::state::App;

/// No request to the routes of this file has a larger body.
const MAX_BODY: usize = 64 * 1024;
/// The longest that one of them may take, the reading of its body included.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// The same for requests that wait for identity providers. Each call to a provider has a shorter time limit of its own.
const LOGIN_TIME: Duration = Duration::from_secs(30);

pub(crate) fn router(app: &Arc<App>, sockets: Router) -> Router {
    let settings = &app.settings;
    let pages = if settings.console { page::console() } else { Router::new() };
    let plain = pages
        .route("/status", get(health::status))
        .route("/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/conversation-name", post(conversation_name::set))
        .route("/conversation-name", get(conversation_name::get).delete(conversation_name::delete));
    let logins =
        Router::new().route("/register", post(register::agent)).route("/register-app", post(register::application));
    within(plain, REQUEST_TIME)
        .merge(within(logins, LOGIN_TIME))
        .merge(load::limit(dialogflow::router(), settings.dialogflow.max_requests))
        .with_state(app.clone())
        .merge(sockets.layer(from_fn(note_peer)))
        .layer(from_fn(note_client))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(cors_layer(&settings.cors))
}

/// Routes with small bodies and a time limit.
fn within(router: Router<Arc<App>>, time: Duration) -> Router<Arc<App>> {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time))
}

/// Passes the address of a client to the Socket.IO server.
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
