//! Receives Cloud Pub/Sub push requests and records their events.
//!
//! One request is one event. Its way, which is also the order to read the files in:
//! `router` (path = kind of event) → `push_auth` (who pushes) → `push` (push request → message) → `decode` (message →
//! event) → `record` (event → log) → `error` (what Pub/Sub is answered).

mod clock;
pub mod config;
mod decode;
mod error;
mod object;
mod push;
pub mod push_auth;
mod record;
mod router;

use std::sync::Arc;

use broker::EventLog;
use service::http::serve;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::{Config, MalformedMessages, Settings};

/// Runs the interceptor on `listener` until `stop` is cancelled: the one entry point of
/// production, demo and tests.
pub async fn run(settings: Settings, log: Arc<dyn EventLog>, listener: TcpListener, stop: CancellationToken) {
    let limits = settings.http.clone();
    serve(listener, router::router(settings, log), limits, stop).await;
}
