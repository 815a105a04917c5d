//! The interceptor without its log: every event is published, and kept nowhere.
//!
//! What it promises is what a plain relay promises: who is not there at the moment gets nothing. The benchmark
//! measures it beside the real one, to show what the delivery promise costs.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use broker::{Error, EventLog, NewEvent, QuarantinedMessage, Recorded};
use event::Position;
use interceptor::Config;
use redis::aio::MultiplexedConnection;
use secrecy::ExposeSecret as _;
use service::env::{ConfigError, Env};
use service::process::{ProcessSettings, StartError, run};
use service::redis::RedisAddress;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The interceptor's own settings, and where Redis is.
struct Setup(Config, RedisAddress);

impl service::process::Config for Setup {
    fn process(&self) -> &ProcessSettings {
        &self.0.process
    }
}

fn main() -> ExitCode {
    run(read, start)
}

fn read(env: Env) -> Result<Setup, ConfigError> {
    let redis = RedisAddress::read(&mut env.clone().reader());
    Ok(Setup(Config::from_env(env)?, redis))
}

async fn start(Setup(config, redis): Setup, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let log = PublishOnly::connect(&redis).await.map_err(|error| StartError::Setup(error.into()))?;
    interceptor::run(config.settings, Arc::new(log), listener, stop).await;
    Ok(())
}

struct PublishOnly {
    connection: MultiplexedConnection,
    began: u64,
    published: AtomicU64,
}

impl PublishOnly {
    /// To the Redis that the environment names.
    async fn connect(redis: &RedisAddress) -> redis::RedisResult<Self> {
        let client = redis::Client::open(redis.url.expose_secret())?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let began = u64::try_from(now.as_millis()).unwrap_or_default();
        let connection = client.get_multiplexed_async_connection().await?;
        Ok(Self { connection, began, published: AtomicU64::new(0) })
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: redis::Cmd) -> Result<T, Error> {
        let mut connection = self.connection.clone();
        let answer = tokio::time::timeout(PATIENCE, command.query_async(&mut connection)).await;
        answer.map_err(|_| Error::Timeout(PATIENCE))?.map_err(Error::Unavailable)
    }
}

/// As long as the real one waits.
const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl EventLog for PublishOnly {
    async fn record(&self, event: &NewEvent) -> Result<Recorded, Error> {
        let sequence = self.published.fetch_add(1, Ordering::Relaxed);
        let position = Position { millis: self.began, sequence };
        let mut message = format!("{position} {} ", event.payload.kind).into_bytes();
        message.extend_from_slice(&event.payload.json);
        let mut command = redis::cmd("SPUBLISH");
        command.arg(format!("aa:{{{}}}:live", event.conversation)).arg(message);
        Ok(Recorded::Accepted { position, receivers: self.ask(command).await? })
    }

    async fn quarantine(&self, _: &QuarantinedMessage<'_>) -> Result<(), Error> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), Error> {
        self.ask(redis::cmd("PING")).await
    }
}
