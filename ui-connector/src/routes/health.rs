use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::state::App;

/// The text by which the original's users recognise the service.
pub(super) async fn status() -> &'static str {
    "Hello, cross-origin-world!"
}

/// The process lives. It does not depend on Redis: an outage must not restart every instance.
pub(super) async fn live() -> &'static str {
    "ok"
}

/// Whether desktops may connect to this instance.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "shutting down")
    } else if app.hub.is_connected() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "Redis is not available")
    }
}
