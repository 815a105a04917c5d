//! The process `cloud-pubsub-interceptor`: configured by its environment alone.

use std::process::ExitCode;
use std::sync::Arc;

use broker::RedisBroker;
use interceptor::Config;
use server::cli::{COMMIT, Program, VERSION};
use server::process::{Listening, StartError, run};

const PROGRAM: Program =
    Program { name: env!("CARGO_PKG_NAME"), about: env!("CARGO_PKG_DESCRIPTION"), variables: interceptor::VARIABLES };

fn main() -> ExitCode {
    run(&PROGRAM, Config::from_env, start)
}

async fn start(config: Config, listening: Listening) -> Result<(), StartError> {
    let Config { redis, retention, settings } = config;
    tracing::info!(
        version = VERSION,
        commit = COMMIT,
        address = %listening.address,
        metrics = listening.metrics.map(tracing::field::display),
        redis = redis.address(),
        project = settings.project,
        retention = ?retention.time,
        "cloud-pubsub-interceptor is listening"
    );
    PROGRAM.warn_of_misspelt_variables();
    settings.announce();
    let broker = RedisBroker::new(redis, retention).map_err(StartError::setup)?;
    let running = interceptor::run(settings, Arc::new(broker), listening.listener, listening.stop);
    running.await.map_err(StartError::setup)
}
