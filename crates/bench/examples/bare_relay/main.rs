//! The least that takes an event from a Pub/Sub push to a desktop through Redis, as a yardstick for the services.
//!
//! No log of events, no check for duplicates, no tokens, no polling, no recovery. One process plays both services, each
//! on a port and a thread of its own, as the services are processes of their own.

mod decode;
mod desktop;
mod hub;
mod push;

use std::{error::Error, net::SocketAddr, thread, time::Duration};

use axum::{Router, serve::ListenerExt};
use clap::Parser;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, io::tcp::TcpSettings};
use tokio::{net::TcpListener, runtime};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
struct Cli {
    /// Port for desktops
    #[arg(long)]
    port: u16,
    /// Port for pushes
    #[arg(long)]
    interceptor_port: u16,
    /// Redis, as host:port
    #[arg(long)]
    redis: String,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let client = client(&cli.redis)?;
    let pushes = client.clone();
    let interceptor = thread::Builder::new()
        .name("interceptor".to_owned())
        .spawn(move || run(async move { serve(cli.interceptor_port, push::router(&pushes).await?).await }))?;
    run(async move { serve(cli.port, hub::router(client).await?).await })?;
    interceptor.join().map_err(|_| "the interceptor thread panicked")?
}

fn run(work: impl Future<Output = Result<()>>) -> Result<()> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Serves until the process is killed.
async fn serve(port: u16, router: Router) -> Result<()> {
    let address = SocketAddr::from(([0, 0, 0, 0], port));
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        // Without it small answers wait for acknowledgements; with it refused, they merely come later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

fn client(redis: &str) -> Result<Client> {
    let info = format!("redis://{redis}").into_connection_info()?;
    let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let undelayed = TcpSettings::default().set_nodelay(true);
    Ok(Client::open(info.set_redis_settings(resp3).set_tcp_settings(undelayed))?)
}

fn redis_timeouts() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(5)))
        .set_response_timeout(Some(Duration::from_secs(5)))
}
