//! Holds the agents' Socket.IO connections and brings them the events of their conversations.
//!
//! Three ways lead through this crate, which are also orders to read the files in:
//!
//! * an event: `broker` → `hub::dispatch` → `hub::room` → `hub::desktop` → the desktop's socket;
//! * a desktop: `socket::handshake` (token) → `socket::commands` (join, leave) → `hub` → `broker`;
//! * a login: `routes::register` → `auth::provider` → `auth::token`.

pub mod auth;
mod backends;
pub mod base_url;
pub mod config;
pub mod dialogflow;
mod gauges;
pub mod google;
mod hub;
pub mod kinds;
mod metrics;
mod peers;
mod routes;
pub mod sessions;
mod socket;
mod state;
pub mod variables;
mod webchannel;

use std::time::Duration;

use server::http::{HttpLimits, serve};
use server::request_log::{QuietRoutes, log_requests};
use server::tasks::TaskSet;
use settings::Variable;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use backends::Backends;
pub use config::{Config, Settings};
pub use hub::HubSettings;
pub use state::SetupError;

use peers::Peers;
use state::App;

/// How long HTTP requests and background tasks may still run once the desktops are gone.
const LAST_TASKS: Duration = Duration::from_secs(1);

/// Connections beyond those of the desktops, for probes and logins.
const SPARE_CONNECTIONS: usize = 1024;

/// The variables that the connector reads, in tables.
pub const VARIABLES: &[&[Variable]] =
    &[server::variables::PROCESS, server::variables::HTTP, broker::VARIABLES, variables::CONNECTOR];

/// Probes, and the requests of desktops that poll.
const QUIET: QuietRoutes =
    QuietRoutes(|route| matches!(route, "/status" | "/live" | "/ready" | "/socket.io/" | "/socket.io"));

/// Runs the connector on `listener` until `stop` is cancelled, then drains it: the one entry point
/// of production, demo and tests.
///
/// # Errors
/// [`SetupError`] before anything is served.
pub async fn run(
    settings: Settings,
    backends: Backends,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), SetupError> {
    let (courier, node) = (backends.messenger.clone(), backends.connector.number().to_owned());
    let app = App::new(settings, backends, stop.clone())?;
    let sockets = socket::server(&app, node, Peers(courier.clone()));
    let tasks = TaskSet::default();
    tasks.spawn("hub repair", hub::repair::run(app.hub.clone(), tasks.stop_signal()));
    tasks.spawn("mapping renewal", hub::mappings::run(app.hub.clone(), tasks.stop_signal()));
    tasks.spawn("sessions", sessions::run(app.sessions.clone(), app.hub.clone(), tasks.stop_signal()));
    tasks.spawn("peer relay", peers::serve(sockets.clone(), courier, tasks.stop_signal()));
    if let Some(file) = app.settings.secret_file.clone() {
        tasks.spawn("secret rotation", auth::rotation::run(file, app.settings.tokens.clone(), tasks.stop_signal()));
    }
    if server::metrics::is_on() {
        metrics::describe();
        tasks.spawn("gauges", gauges::run(app.hub.clone(), sockets.clone(), tasks.stop_signal()));
    }
    let settings = &app.settings;
    let router = log_requests(routes::router(&app, sockets.router()), QUIET);
    let connections = settings.sockets.max_connections + SPARE_CONNECTIONS;
    let limits = HttpLimits { connections, send_buffer: Some(settings.send_buffer), ..settings.http.clone() };
    tasks.spawn("http server", serve(listener, router, limits, tasks.stop_signal()));

    stop.cancelled().await;
    let drained = tokio::time::timeout(settings.drain_time + LAST_TASKS, sockets.drain(settings.drain_time)).await;
    if drained.is_err() {
        tracing::warn!(left = sockets.connections(), "drain deadline exceeded; connections remain");
    }
    tasks.shut_down(LAST_TASKS).await;
    Ok(())
}
