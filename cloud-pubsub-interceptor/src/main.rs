//! The process `cloud-pubsub-interceptor`: configured by its environment alone.

use std::process::ExitCode;
use std::sync::Arc;

use interceptor::Config;
use server::process::{StartError, run};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    run(Config::from_env, start)
}

async fn start(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let address = listener.local_addr().map_err(|error| StartError::Setup(error.into()))?;
    if let Some(push_auth) = &config.settings.push_auth {
        push_auth.announce(config.on_cloud_run);
    }
    tracing::info!(address = %address, "cloud-pubsub-interceptor is listening");
    interceptor::run(config.settings, Arc::new(config.broker), listener, stop).await;
    Ok(())
}
