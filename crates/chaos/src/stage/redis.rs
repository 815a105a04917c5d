//! A Redis and its replica, or a cluster.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use redis::streams::StreamRangeReply;
use tokio::time::sleep;

use super::cluster::Cluster;
use crate::plan::Plan;
use testkit::redis::RedisServer;

/// How long the writes may be held back in a failover.
const HANDOVER: &str = "20000";

pub(crate) struct RedisPair {
    pub(crate) primary: RedisServer,
    replica: RedisServer,
}

impl RedisPair {
    pub(crate) async fn start() -> Self {
        let (primary, replica) = (server().await, server().await);
        follow(&replica, &primary).await;
        Self { primary, replica }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.primary.port()).into()
    }

    /// Sends a command whose answer does not matter, such as one that has nothing to do.
    pub(crate) async fn tell(&self, command: &[&str]) {
        let _ = self.primary.try_cli(command).await;
    }

    /// Makes the replica the primary, as soon as it has everything, and starts a new replica. Memorystore
    /// hands over like that when it is maintained.
    pub(crate) async fn fail_over(&mut self) {
        // Writes that are taken after the comparison would be lost.
        while self.primary.try_cli(&["CLIENT", "PAUSE", HANDOVER, "WRITE"]).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        while !self.is_in_step().await {
            sleep(Duration::from_millis(10)).await;
        }
        let _: String = self.replica.cli(&["REPLICAOF", "NO", "ONE"]).await;
        let mut old = std::mem::replace(&mut self.primary, std::mem::replace(&mut self.replica, server().await));
        old.kill();
        follow(&self.replica, &self.primary).await;
    }

    /// Whether the replica has everything.
    async fn is_in_step(&self) -> bool {
        let primary = offset(&self.primary, "master_repl_offset").await;
        primary.is_some() && primary == offset(&self.replica, "slave_repl_offset").await
    }

    /// Everything that Redis holds is gone.
    pub(crate) async fn restart_empty(&mut self) {
        self.primary.restart().await;
        follow(&self.replica, &self.primary).await;
    }

    pub(crate) async fn heal(&self) {
        self.tell(&["CLIENT", "UNPAUSE"]).await;
        self.tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
    }
}

/// Whichever Redis the services have.
pub(crate) enum Redis {
    Pair(Box<RedisPair>),
    Cluster(Cluster),
}

impl Redis {
    pub(crate) async fn start(plan: &Plan) -> Self {
        if plan.cluster {
            Self::Cluster(Cluster::start().await)
        } else {
            Self::Pair(Box::new(RedisPair::start().await))
        }
    }

    pub(crate) async fn heal(&self) {
        match self {
            Self::Pair(pair) => pair.heal().await,
            Self::Cluster(cluster) => cluster.heal().await,
        }
    }

    /// Positions and numbers of the events in a conversation's log.
    pub(crate) async fn log_of(&self, conversation: &str) -> Vec<(String, u64)> {
        let log = format!("aa:{{{conversation}}}:log");
        let entries: StreamRangeReply = match self {
            Self::Pair(pair) => pair.primary.cli(&["XRANGE", &log, "-", "+"]).await,
            Self::Cluster(cluster) => cluster.read(conversation, &log).await,
        };
        let number = |payload: &str| crate::desktop::number_of(&serde_json::from_str(payload).ok()?);
        let entries = entries.ids.iter();
        entries.filter_map(|entry| Some((entry.id.clone(), number(&entry.get::<String>("p")?)?))).collect()
    }
}

async fn server() -> RedisServer {
    RedisServer::start_with(&["--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"]).await
}

/// Waits until the replica is up to date.
async fn follow(replica: &RedisServer, primary: &RedisServer) {
    let _: String = replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await;
    while !info(replica).await.contains("master_link_status:up") {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn offset(server: &RedisServer, name: &str) -> Option<u64> {
    let info = info(server).await;
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

async fn info(server: &RedisServer) -> String {
    let answer = server.try_cli(&["INFO", "replication"]).await;
    answer.ok().and_then(|answer| redis::from_redis_value(answer).ok()).unwrap_or_default()
}
