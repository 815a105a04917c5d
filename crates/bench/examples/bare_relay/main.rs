//! The least that takes an event from a Pub/Sub push to a desktop through Redis, as a yardstick for the services.
//!
//! No log of events, no check for duplicates, no tokens, no polling, no recovery. One process plays both services, each
//! on a port and a thread of its own, as the services are processes of their own.

mod connector;
mod interceptor;

use std::time::Duration;
use std::{env, thread};

use axum::Router;
use axum::serve::ListenerExt as _;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo as _, ProtocolVersion};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let interceptor = thread::spawn(|| run(async { serve("INTERCEPTOR_PORT", interceptor::router().await?).await }));
    run(async { serve("PORT", connector::router().await?).await })?;
    interceptor.join().map_err(|_| "the interceptor panicked")?
}

fn run(work: impl Future<Output = Result<()>>) -> Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Serves on the port that a variable names until the process is killed.
async fn serve(port: &str, router: Router) -> Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{}", variable(port)?)).await?.tap_io(|stream| {
        // Without it small answers wait for acknowledgements; with it refused, they merely come later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

#[expect(clippy::disallowed_methods, reason = "a crate for settings would be most of the relay")]
fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn redis() -> Result<(Client, AsyncConnectionConfig)> {
    let info = variable("REDIS_URL")?.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let timeout = Some(Duration::from_secs(5));
    let config = AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
    Ok((Client::open(info)?, config))
}

/// The name of a conversation without a location: its first two and last two segments.
fn canonical(name: &str) -> Option<String> {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["projects", project, "conversations", id] | ["projects", project, "locations", _, "conversations", id] => {
            Some(format!("projects/{project}/conversations/{id}"))
        }
        _ => None,
    }
}
