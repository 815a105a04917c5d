//! Receives the messages of Cloud Pub/Sub, pushed or pulled, and records their events.
//!
//! One message is one event. Read the files in the order in which they handle a push:
//! `router` (path → kind of event) → `push_auth` (token) → `push` (request → message) → `app` (calls `decode`: message → event;
//! then event → log, or message → quarantine) → `error` (response to Pub/Sub). `pull` takes the place of the first three
//! for pulled messages; their subscription determines the kind of event.

mod app;
pub mod config;
mod decode;
mod error;
mod metrics;
#[cfg(feature = "pull")]
mod pull;
mod push;
mod push_auth;
mod router;
pub mod variables;

use std::sync::Arc;
use std::time::Duration;

use broker::Publisher;
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

/// Successful pushes and probes: a log line would cost more than the push.
const QUIET: QuietRoutes = QuietRoutes(|route| {
    let is_push = |path: &str| path.parse::<EventKind>().is_ok();
    matches!(route, "/status" | "/live") || route.strip_prefix('/').is_some_and(is_push)
});

/// Time limit for recording and acknowledging pulled messages at shutdown.
const LAST_MESSAGES: Duration = Duration::from_secs(7);

/// Runs the interceptor on `listener` until `stop` is cancelled. Production, demo and tests start it here.
///
/// # Errors
/// [`reqwest::Error`] before anything is served: push tokens must be checked, and TLS cannot be set up for that.
pub async fn run(
    settings: Settings,
    log: Arc<dyn Publisher>,
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
    // Both stop at the same time, so that requests and pulled messages share the same seconds.
    tokio::join!(serve(listener, router, limits, stop), async {
        stopped.cancelled().await;
        pulls.shut_down(LAST_MESSAGES).await;
    });
    Ok(())
}
