//! Receives the messages of Cloud Pub/Sub, pushed or pulled, and records their events.
//!
//! One message is one event. Its way, which is also the order to read the files in:
//! `router` (path = kind of event) → `push_auth` (who pushes) → `push` (push request → message) → `decode` (message →
//! event) → `record` (event → log) → `error` (what Pub/Sub is answered). A pulled message comes by `pull` instead, where
//! the subscription tells the kind of event.

mod clock;
pub mod config;
mod decode;
mod error;
mod metrics;
mod object;
pub mod pull;
mod push;
pub mod push_auth;
mod record;
mod router;

use std::sync::Arc;
use std::time::Duration;

use broker::EventLog;
use server::http::serve;
use server::request_log::{Frequent, log_requests};
use server::tasks::TaskSet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use record::App;

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

/// How long pulled messages may take to be recorded and acknowledged when the process ends.
const FAREWELL: Duration = Duration::from_secs(7);

/// Runs the interceptor on `listener` until `stop` is cancelled: the one entry point of
/// production, demo and tests.
pub async fn run(settings: Settings, log: Arc<dyn EventLog>, listener: TcpListener, stop: CancellationToken) {
    metrics::describe();
    let limits = settings.http.clone();
    let app = App::new(settings, log);
    let pulls = TaskSet::default();
    if let Some(settings) = &app.settings.pull {
        pull::start(&app, settings, &pulls);
    }
    let router = log_requests(router::router(app), FREQUENT);
    let stopped = stop.clone();
    // Both stop at the same time: what is on its way has the same seconds to end.
    tokio::join!(serve(listener, router, limits, stop), async {
        stopped.cancelled().await;
        pulls.shut_down(FAREWELL).await;
    });
}
