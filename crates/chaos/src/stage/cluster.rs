//! A Redis Cluster with TLS, whose users may do what they need.

use broker::RedisSettings;
use redis::streams::StreamRangeReply;

use crate::plan::Plan;
use testkit::redis::SecuredCluster;

/// Three primaries, each with a replica.
pub(crate) struct Cluster(pub(crate) SecuredCluster);

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self(SecuredCluster::start(3, 1).await)
    }

    /// How we reach it.
    pub(crate) fn settings(&self) -> RedisSettings {
        RedisSettings { cluster: true, ca_cert: Some(self.0.ca()), ..RedisSettings::new(self.0.url()) }
    }

    /// What processes are told. Without a replica that has it, no event counts as recorded.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("REDIS_URL", self.0.url()),
            ("REDIS_CLUSTER", "true".to_owned()),
            ("REDIS_CA_CERT", self.0.ca().display().to_string()),
            ("REDIS_MIN_REPLICAS", "1".to_owned()),
        ]
    }

    /// Sends a command, whose answer does not matter, to a server that runs.
    pub(crate) async fn tell(&self, number: usize, command: &[&str]) {
        let _ = self.0.cluster.servers[number].try_cli(command).await;
    }

    /// Kills a primary, whose replica takes its place. It comes back as the replica of its successor.
    pub(crate) async fn kill(&mut self, number: usize) {
        let cluster = &mut self.0.cluster;
        cluster.kill_primary(number).await;
        cluster.servers[number].restart().await;
        cluster.all_sound().await;
        cluster.all_in_step().await;
    }

    /// Has a primary and its replica change places in good order.
    pub(crate) async fn hand_over(&self) {
        let primaries = self.0.cluster.primaries().await;
        let replica = (0..self.0.cluster.servers.len()).find(|number| !primaries.contains(number));
        if let Some(replica) = replica {
            self.tell(replica, &["CLUSTER", "FAILOVER"]).await;
        }
        self.0.cluster.all_in_step().await;
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

    pub(crate) async fn heal(&self) {
        for number in 0..self.0.cluster.servers.len() {
            self.tell(number, &["CLIENT", "UNPAUSE"]).await;
        }
        self.0.cluster.all_sound().await;
        self.0.cluster.all_in_step().await;
    }

    pub(crate) async fn read(&self, conversation: &str, log: &str) -> StreamRangeReply {
        let owner = self.0.cluster.owner(conversation).await;
        self.0.cluster.servers[owner].cli(&["XRANGE", log, "-", "+"]).await
    }
}
