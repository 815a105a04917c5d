//! The process `ui-connector`: configured by its environment alone.

use std::process::ExitCode;
use std::sync::Arc;

use connector::google::credentials::DefaultCredentials;
use connector::{Backends, Config};
use event::ConnectorId;
use server::process::{StartError, run};
use server::tasks::TaskSet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    run(Config::from_env, start)
}

async fn start(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let connector = ConnectorId::generate();
    let address = listener.local_addr().map_err(|error| StartError::Setup(error.into()))?;
    let google = Arc::new(DefaultCredentials::default());
    let broker = config.broker;
    let bus = Arc::new(broker.bus(connector.clone()));
    let tasks = TaskSet::default();
    tasks.spawn("event bus", bus.clone().run(tasks.stop_signal()));
    config.settings.announce();
    tracing::info!(address = %address, %connector, "ui-connector is listening");
    let backends = Backends { bus: bus.clone(), courier: bus, keys: Arc::new(broker), connector, google };
    let ended = connector::run(config.settings, backends, listener, stop).await;
    tasks.shut_down(std::time::Duration::from_secs(1)).await;
    ended.map_err(|error| StartError::Setup(error.into()))
}
