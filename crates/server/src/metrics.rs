//! Prometheus metrics, on a port of their own (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::{COMMIT, VERSION};
use crate::http::{HttpLimits, serve};

/// How often measurements are summed up, so that they do not pile up while nothing scrapes them.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bounds of the buckets for durations, seconds: from a delivery within a process to a provider's time limit.
const SECONDS: [f64; 16] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Connections of scrapers.
const CONNECTIONS: usize = 64;

/// Always 1; its labels name the version and the commit of the program.
const BUILD_INFO: &str = "agent_assist_build_info";

static ON: AtomicBool = AtomicBool::new(false);

/// Whether metrics are served. Tasks that sample gauges run only then; without a recorder, the macros do nothing.
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Begins to measure in this process.
///
/// # Errors
/// [`BuildError`] if something else in the process measures already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = builder.install_recorder()?;
    ON.store(true, Ordering::Relaxed);
    describe_gauge!(BUILD_INFO, "1; the version and the commit of the program are its labels");
    gauge!(BUILD_INFO, "version" => VERSION, "commit" => COMMIT).set(1.0);
    Ok(handle)
}

/// Answers `GET /metrics` until `stop` is cancelled.
pub async fn run(handle: PrometheusHandle, listener: TcpListener, stop: CancellationToken) {
    let rendered = handle.clone();
    let page = async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4")], rendered.render());
    let router = Router::new().route("/metrics", get(page));
    let limits = HttpLimits { connections: CONNECTIONS, ..HttpLimits::default() };
    tokio::join!(serve(listener, router, limits, stop.clone()), upkeep(handle, stop));
}

async fn upkeep(handle: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
        handle.run_upkeep();
    }
}
