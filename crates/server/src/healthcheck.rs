//! The question of a container's probe to the process that runs in the container.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a process counts as unhealthy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unhealthy {
    #[error("PORT is 0, so the port is unknown; set PORT to the one that the service listens on")]
    UnknownPort,
    #[error("could not ask")]
    Setup(#[from] std::io::Error),
    #[error("no answer on port {0}")]
    Unreachable(u16, #[source] hyper_util::client::legacy::Error),
    #[error("no answer on port {0} within {PATIENCE:?}")]
    Timeout(u16),
    #[error("port {0} answered {1}")]
    Status(u16, StatusCode),
}

/// Asks the process on `port` of this machine for `/live`. Not for its readiness: platforms restart containers that are unhealthy,
/// and an outage of Redis must not restart all of them.
pub(crate) async fn healthcheck(port: u16) -> Result<(), Unhealthy> {
    let uri: Uri = match port {
        0 => return Err(Unhealthy::UnknownPort),
        port => format!("http://127.0.0.1:{port}/live").parse().unwrap_or_default(),
    };
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let answer = timeout(PATIENCE, client.get(uri)).await.map_err(|_| Unhealthy::Timeout(port))?;
    match answer.map_err(|error| Unhealthy::Unreachable(port, error))?.status() {
        status if status.is_success() => Ok(()),
        status => Err(Unhealthy::Status(port, status)),
    }
}
