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
pub mod guard;
mod hub;
pub mod kinds;
mod metrics;
mod peers;
mod routes;
pub mod sessions;
mod socket;
pub mod variables;
mod webchannel;

use std::sync::Arc;
use std::time::Duration;

use server::http::{HttpLimits, serve};
use server::load;
use server::request_log::{QuietRoutes, log_requests};
use server::tasks::TaskSet;
use settings::Variable;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use backends::Backends;
pub use config::{Config, Settings};
pub use hub::HubSettings;

use dialogflow::Proxy;
use guard::Refusals;
use hub::Hub;
use peers::Peers;
use routes::App;
use sessions::Sessions;
use socket::{Companion, Desktops};

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

/// Why a connector could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the certificates of this machine cannot be used; install ca-certificates")]
    Certificates(#[source] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

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
    let (tokens, google) = (settings.tokens.clone(), backends.google.clone());
    let proxy =
        Proxy::new(&settings.dialogflow, &settings.project, tokens, google).map_err(SetupError::Certificates)?;
    let http = server::client::client().map_err(SetupError::Client)?;
    let (google, endpoint) = (backends.google.clone(), settings.dialogflow.endpoint.clone());
    let companion = Companion::new(http.clone(), google, &settings.project, endpoint);
    let tasks = TaskSet::default();
    let keys = backends.keys.clone();
    let courier = backends.courier.clone();
    let node = backends.connector.number().to_owned();
    let hub = Hub::new(backends, settings.hub.clone());
    tasks.spawn("hub repair", hub::repair::run(hub.clone(), tasks.stop_signal()));
    tasks.spawn("mapping renewal", hub::mappings::run(hub.clone(), tasks.stop_signal()));
    if let Some(file) = settings.secret_file.clone() {
        tasks.spawn("secret rotation", auth::rotation::run(file, settings.tokens.clone(), tasks.stop_signal()));
    }
    let refusals = Arc::new(Refusals::new(settings.guard.refused_attempts));
    let sessions = Arc::new(Sessions::new(keys.clone(), settings.tokens.clone(), settings.sessions.clone()));
    tasks.spawn("sessions", sessions::run(sessions.clone(), hub.clone(), tasks.stop_signal()));
    let desktops = Desktops::new(&settings, hub.clone(), sessions, refusals.clone(), companion);
    let sockets = socket::server(&settings, node, desktops, Peers(courier.clone()));
    tasks.spawn("peer relay", peers::serve(sockets.clone(), courier, tasks.stop_signal()));
    if server::metrics::is_on() {
        metrics::describe();
        gauges::describe();
        tasks.spawn("gauges", gauges::run(hub.clone(), sockets.clone(), tasks.stop_signal()));
    }
    let app = App::new(&settings, http, keys, hub, refusals, stop.clone());
    let dialogflow = load::limit(dialogflow::router(proxy), settings.dialogflow.max_requests);
    let router = routes::router(app, sockets.router(), dialogflow, &settings);
    let router = log_requests(router, QUIET);
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
