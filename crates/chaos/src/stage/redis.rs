//! A Redis and its replica, or a cluster with TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use broker::RedisSettings;
use redis::streams::StreamRangeReply;
use testkit::redis::{RedisServer, SecuredCluster};
use tokio::time::sleep;

use crate::desktop::number_of;
use crate::plan::Plan;

/// How long the writes may be held back in a failover.
const HANDOVER: &str = "20000";
const TICK: Duration = Duration::from_millis(10);

/// The Redis of the services.
pub(crate) enum RedisUnderTest {
    Pair(Box<RedisPair>),
    Cluster(Cluster),
}

impl RedisUnderTest {
    pub(crate) async fn start(plan: &Plan) -> Self {
        if plan.cluster {
            Self::Cluster(Cluster(SecuredCluster::start(3, 1).await))
        } else {
            Self::Pair(Box::new(RedisPair::start().await))
        }
    }

    /// The numbers of the servers that take writes.
    pub(crate) async fn primaries(&self) -> Vec<usize> {
        match self {
            Self::Pair(_) => vec![0],
            Self::Cluster(cluster) => cluster.0.cluster.primaries().await,
        }
    }

    /// Sends a command, whose response does not matter, to a server.
    pub(crate) async fn tell(&self, number: usize, command: &str) {
        let server = match self {
            Self::Pair(pair) => &pair.primary,
            Self::Cluster(cluster) => &cluster.0.cluster.servers[number],
        };
        let _ = server.try_cli(&command.split(' ').collect::<Vec<_>>()).await;
    }

    /// Makes a replica a primary in good order, as Memorystore does for maintenance.
    pub(crate) async fn fail_over(&mut self) {
        match self {
            Self::Pair(pair) => pair.fail_over().await,
            Self::Cluster(cluster) => {
                let (primaries, servers) = (cluster.0.cluster.primaries().await, &cluster.0.cluster.servers);
                if let Some(replica) = (0..servers.len()).find(|number| !primaries.contains(number)) {
                    let _ = servers[replica].try_cli(&["CLUSTER", "FAILOVER"]).await;
                }
                cluster.0.cluster.all_in_step().await;
            }
        }
    }

    /// Ends what commands have done, and waits until a cluster is whole.
    pub(crate) async fn heal(&self) {
        match self {
            Self::Pair(_) => {
                self.tell(0, "CLIENT UNPAUSE").await;
                self.tell(0, "CONFIG SET maxmemory 0").await;
            }
            Self::Cluster(Cluster(SecuredCluster { cluster, .. })) => {
                cluster.all_sound().await;
                cluster.all_in_step().await;
            }
        }
    }

    /// Positions and numbers of the events in a conversation's log.
    pub(crate) async fn log_of(&self, conversation: &str) -> Vec<(String, u64)> {
        let server = match self {
            Self::Pair(pair) => &pair.primary,
            Self::Cluster(Cluster(SecuredCluster { cluster, .. })) => {
                &cluster.servers[cluster.owner(conversation).await]
            }
        };
        let entries: StreamRangeReply = server.cli(&["XRANGE", &format!("aa:{{{conversation}}}:log"), "-", "+"]).await;
        let number = |payload: &str| number_of(&serde_json::from_str(payload).ok()?);
        let entries = entries.ids.iter();
        entries.filter_map(|entry| Some((entry.id.clone(), number(&entry.get::<String>("p")?)?))).collect()
    }
}

pub(crate) struct RedisPair {
    primary: RedisServer,
    replica: RedisServer,
}

impl RedisPair {
    async fn start() -> Self {
        let (primary, replica) = (server().await, server().await);
        follow(&replica, &primary).await;
        Self { primary, replica }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.primary.port()).into()
    }

    /// Makes the replica the primary as soon as it has everything, and starts a new replica.
    async fn fail_over(&mut self) {
        // Writes that are taken after the comparison would be lost.
        while self.primary.try_cli(&["CLIENT", "PAUSE", HANDOVER, "WRITE"]).await.is_err() {
            sleep(TICK).await;
        }
        loop {
            let primary = offset(&self.primary, "master_repl_offset").await;
            if primary.is_some() && primary == offset(&self.replica, "slave_repl_offset").await {
                break;
            }
            sleep(TICK).await;
        }
        let _: String = self.replica.cli(&["REPLICAOF", "NO", "ONE"]).await;
        let mut old = std::mem::replace(&mut self.primary, std::mem::replace(&mut self.replica, server().await));
        old.kill();
        follow(&self.replica, &self.primary).await;
    }

    /// Everything that Redis holds is gone.
    pub(crate) async fn restart_empty(&mut self) {
        self.primary.restart().await;
        follow(&self.replica, &self.primary).await;
    }
}

async fn server() -> RedisServer {
    RedisServer::start_with(&["--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"]).await
}

/// Waits until the replica is up to date.
async fn follow(replica: &RedisServer, primary: &RedisServer) {
    let _: String = replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await;
    while !info(replica).await.contains("master_link_status:up") {
        sleep(TICK).await;
    }
}

async fn offset(server: &RedisServer, name: &str) -> Option<u64> {
    let info = info(server).await;
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

async fn info(server: &RedisServer) -> String {
    let info = server.try_cli(&["INFO", "replication"]).await;
    info.ok().and_then(|info| redis::from_redis_value(info).ok()).unwrap_or_default()
}

pub(crate) struct Cluster(SecuredCluster);

impl Cluster {
    pub(crate) fn settings(&self) -> RedisSettings {
        RedisSettings { cluster: true, ca_cert: Some(self.0.ca()), ..RedisSettings::new(self.0.url()) }
    }

    /// What processes are configured with. Without a replica that has it, no event counts as recorded.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("REDIS_URL", self.0.url()),
            ("REDIS_CLUSTER", "true".to_owned()),
            ("REDIS_CA_CERT", self.0.ca().display().to_string()),
            ("REDIS_MIN_REPLICAS", "1".to_owned()),
        ]
    }

    /// Kills a primary, whose replica takes its place. It comes back as the replica of its successor.
    pub(crate) async fn kill(&mut self, number: usize) {
        let cluster = &mut self.0.cluster;
        cluster.kill_primary(number).await;
        cluster.servers[number].restart().await;
        cluster.all_sound().await;
        cluster.all_in_step().await;
    }

    /// Moves the slot of a conversation to the next primary.
    pub(crate) async fn move_slot(&self, conversation: usize) {
        let cluster = &self.0.cluster;
        let slot = cluster.slot(&Plan::conversation(conversation)).await;
        let (from, primaries) = (cluster.owner_of(slot).await, cluster.primaries().await);
        if let Some(to) = primaries.into_iter().find(|number| *number != from) {
            cluster.begin_to_move(slot, to).await;
            cluster.move_on(slot, to).await;
        }
    }
}
