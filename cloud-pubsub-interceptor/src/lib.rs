//! Receives Cloud Pub/Sub push requests and records their events.
//!
//! One request is one event. Its way, which is also the order to read the files in:
//! `router` (path = kind of event) → `push_auth` (who pushes) → `push` (push request → message) → `decode` (message →
//! event) → `record` (event → log) → `error` (what Pub/Sub is answered).

mod clock;
pub mod config;
mod decode;
mod error;
mod metrics;
mod object;
mod push;
pub mod push_auth;
mod record;
mod router;

use std::sync::Arc;

use broker::EventLog;
use service::http::serve;
use service::request_log::{Frequent, log_requests};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::{Config, MalformedMessages, Settings};

/// Everything that succeeds: one line for each push would cost more than the push.
const FREQUENT: Frequent = Frequent(&[
    "/status",
    "/live",
    "/human-agent-assistant-event",
    "/conversation-lifecycle-event",
    "/new-message-event",
    "/new-recognition-result-notification-event",
]);

/// Runs the interceptor on `listener` until `stop` is cancelled: the one entry point of
/// production, demo and tests.
pub async fn run(settings: Settings, log: Arc<dyn EventLog>, listener: TcpListener, stop: CancellationToken) {
    metrics::describe();
    let limits = settings.http.clone();
    let router = log_requests(router::router(settings, log), FREQUENT);
    serve(listener, router, limits, stop).await;
}
