//! Redis servers and clusters: one of each for all tests of a run, and others for tests that break or reconfigure theirs.

mod cluster;
mod secured;
mod server;

pub use cluster::RedisCluster;
pub use secured::{SecuredCluster, certify};
pub use server::RedisServer;

use std::path::Path;

use ::redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisResult, Value, cmd, from_redis_value};

use crate::run::{self, Started};
use crate::wait::PATIENCE;

/// A Redis server that runs on this machine, as its administrator sees it.
#[derive(Debug, Clone)]
pub struct Redis {
    port: u16,
    password: Option<String>,
}

impl Redis {
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's URL, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends one command, like `redis-cli`, and waits only briefly for the response.
    ///
    /// # Errors
    /// The server's answer, or that there is none.
    pub async fn try_cli(&self, command: &[&str]) -> RedisResult<Value> {
        self.send(command, AsyncConnectionConfig::new()).await
    }

    /// Sends one command, like `redis-cli`, and reads the answer as a `T`.
    pub async fn cli<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let patient = AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE));
        let answer = self.send(command, patient.set_response_timeout(Some(PATIENCE))).await;
        from_redis_value(answer.expect("an answer of Redis")).expect("an answer of the expected type")
    }

    async fn send(&self, command: &[&str], config: AsyncConnectionConfig) -> RedisResult<Value> {
        let user = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        let client = Client::open(format!("redis://{user}127.0.0.1:{}", self.port))?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let (name, arguments) = command.split_first().expect("a command");
        cmd(name).arg(arguments).query_async(&mut connection).await
    }
}

/// The server that the tests of this run share; each has a [`crate::project`] of its own.
pub async fn shared() -> Redis {
    let start = async |folder: &Path| started(vec![RedisServer::start_for_run(folder.join("server"), &[]).await]);
    at(&run::once("redis", start).await).remove(0)
}

/// The primaries of the cluster that the tests of this run share.
pub async fn shared_cluster() -> Vec<Redis> {
    let start = async |folder: &Path| started(RedisCluster::start_for_run(folder).await.servers);
    at(&run::once("cluster", start).await)
}

fn started(servers: Vec<RedisServer>) -> Started {
    let addresses = servers.iter().map(|server| server.port().to_string()).collect();
    Started { processes: servers.into_iter().map(RedisServer::leave).collect(), addresses }
}

fn at(ports: &[String]) -> Vec<Redis> {
    ports.iter().map(|port| Redis { port: port.parse().expect("a port"), password: None }).collect()
}
