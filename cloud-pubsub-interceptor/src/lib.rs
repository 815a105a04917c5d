//! Receives the messages of Cloud Pub/Sub, pushed or pulled, and records their events.
//!
//! One message is one event. Its way, which is also the order to read the files in:
//! `router` (path = kind of event) → `push_auth` (token of the push) → `push` (push request → message) → `app` (what all
//! messages share) → `decode` (message → event) → `record` (event → log) → `error` (answer to Pub/Sub). A pulled message comes by
//! `pull` instead, where the subscription tells the kind of event.

mod app;
pub mod config;
mod decode;
mod error;
mod metrics;
#[cfg(feature = "pull")]
mod pull;
mod push;
mod push_auth;
mod record;
mod router;
mod timestamps;
pub mod variables;

use std::sync::Arc;
use std::time::Duration;

use broker::EventLog;
use event::EventKind;
use server::http::serve;
use server::request_log::{QuietRoutes, log_requests};
use server::tasks::TaskSet;
use settings::Variable;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use app::App;

pub use config::{Config, Settings};

/// The variables that the interceptor reads, in tables.
pub const VARIABLES: &[&[Variable]] =
    &[server::variables::PROCESS, server::variables::HTTP, broker::VARIABLES, variables::INTERCEPTOR];

/// Everything that succeeds: a line for each push would cost more than the push.
const QUIET: QuietRoutes = QuietRoutes(|route| {
    let is_push = |path: &str| path.parse::<EventKind>().is_ok();
    matches!(route, "/status" | "/live") || route.strip_prefix('/').is_some_and(is_push)
});

/// How long pulled messages may take to be recorded and acknowledged when the process ends.
const LAST_MESSAGES: Duration = Duration::from_secs(7);

/// Runs the interceptor on `listener` until `stop` is cancelled: the one entry point of
/// production, demo and tests.
///
/// # Errors
/// [`reqwest::Error`] before anything is served: push tokens are to be checked, and TLS cannot be set up for that.
pub async fn run(
    settings: Settings,
    log: Arc<dyn EventLog>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), reqwest::Error> {
    metrics::describe();
    let limits = settings.http.clone();
    let http = settings.push_auth.is_some().then(server::client::client).transpose()?;
    let app = App::new(settings, log, http);
    let pulls = TaskSet::default();
    #[cfg(feature = "pull")]
    if let Some(settings) = &app.settings.pull {
        pull::start(&app, settings, &pulls);
    }
    let router = log_requests(router::router(app), QUIET);
    let stopped = stop.clone();
    // Both stop at the same time: what is on its way has the same seconds to end.
    tokio::join!(serve(listener, router, limits, stop), async {
        stopped.cancelled().await;
        pulls.shut_down(LAST_MESSAGES).await;
    });
    Ok(())
}
