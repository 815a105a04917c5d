//! The process `ui-connector`: configured by its environment alone.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use broker::RedisBroker;
use connector::google::credentials::DefaultCredentials;
use connector::{Backends, Config};
use event::ConnectorId;
use server::cli::{COMMIT, Program, VERSION};
use server::process::{Listening, StartError, run};
use server::tasks::TaskSet;

const PROGRAM: Program =
    Program { name: env!("CARGO_PKG_NAME"), about: env!("CARGO_PKG_DESCRIPTION"), variables: connector::VARIABLES };
/// Time limit for the subscriber to end.
const LAST_EVENTS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    run(&PROGRAM, Config::from_env, start)
}

async fn start(config: Config, listening: Listening) -> Result<(), StartError> {
    let (Config { redis, settings }, connector) = (config, ConnectorId::generate());
    let retention = settings.hub.retention;
    tracing::info!(
        version = VERSION,
        commit = COMMIT,
        address = %listening.address,
        metrics = listening.metrics.map(tracing::field::display),
        redis = redis.address(),
        project = settings.project,
        retention = ?retention.time,
        %connector,
        "ui-connector is listening"
    );
    PROGRAM.warn_of_misspelt_variables();
    settings.announce();
    let broker = RedisBroker::new(redis, retention).map_err(StartError::setup)?;
    let subscriber = Arc::new(broker.subscriber(connector.clone()));
    let google = Arc::new(DefaultCredentials::default());
    let tasks = TaskSet::default();
    tasks.spawn("event subscriber", subscriber.clone().run(tasks.stop_signal()));
    let broker = Arc::new(broker);
    let backends = Backends {
        log: broker.clone(),
        subscriber: subscriber.clone(),
        messenger: subscriber,
        keys: broker,
        connector,
        google,
    };
    let ended = connector::run(settings, backends, listening.listener, listening.stop).await;
    tasks.shut_down(LAST_EVENTS).await;
    ended.map_err(StartError::setup)
}
