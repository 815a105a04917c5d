//! Servers that form a Redis Cluster.

use std::collections::HashMap;
use std::path::Path;

use redis::Value;
use tempfile::TempDir;

use super::RedisServer;
use crate::process::free_port;
use crate::wait::until;

/// After how many milliseconds of silence a server counts as dead.
const SILENCE: &str = "1000";

/// A running Redis Cluster. Its servers are killed when dropped.
#[derive(Debug)]
pub struct RedisCluster {
    /// The primaries that were there first, then their replicas in the same order.
    pub servers: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts this many primaries, each with `replicas` replicas, with further `arguments`.
    pub async fn start(primaries: usize, replicas: usize, arguments: &[&str]) -> Self {
        let start = async |_, arguments: &[&str]| {
            RedisServer::start_in(TempDir::new().expect("a temporary directory"), arguments).await
        };
        Self::of(primaries, replicas, arguments, start).await
    }

    /// Starts three primaries without replicas that can outlive the test, and are patient with each other.
    pub(super) async fn start_for_run(folder: &Path) -> Self {
        let start = async |number: usize, arguments: &[&str]| {
            RedisServer::start_for_run(folder.join(number.to_string()), arguments).await
        };
        Self::of(3, 0, &["--cluster-node-timeout", "15000"], start).await
    }

    async fn of(
        primaries: usize,
        replicas: usize,
        arguments: &[&str],
        start: impl AsyncFn(usize, &[&str]) -> RedisServer,
    ) -> Self {
        let mut servers = Vec::new();
        for number in 0..primaries * (1 + replicas) {
            let bus = free_port().to_string();
            let own = ["--cluster-enabled", "yes", "--cluster-node-timeout", SILENCE, "--cluster-port", &bus];
            let replication = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
            // A port of its own for TLS, if it is spoken among the servers.
            let secure = free_port().to_string();
            let tls = if arguments.contains(&"--tls-cluster") { &["--tls-port", &secure][..] } else { &[] };
            servers.push(start(number, &[&own[..], &replication[..], tls, arguments].concat()).await);
        }
        let cluster = Self { servers };
        cluster.introduce(primaries).await;
        cluster.all_sound().await;
        for number in primaries..cluster.servers.len() {
            let primary = cluster.id(number % primaries).await;
            cluster.servers[number].cli::<String>(&["CLUSTER", "REPLICATE", &primary]).await;
        }
        cluster.all_in_step().await;
        cluster
    }

    pub async fn of_three() -> Self {
        Self::start(3, 0, &[]).await
    }

    async fn introduce(&self, primaries: usize) {
        let share = 16_384_usize.div_ceil(primaries);
        for (number, server) in self.servers.iter().enumerate() {
            server.cli::<String>(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await;
            if number < primaries {
                let (first, last) = (number * share, ((number + 1) * share).min(16_384) - 1);
                server.cli::<String>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]).await;
            }
            let bus = server.argument("--cluster-port").expect("it was given").to_owned();
            let port = server.peer_port().to_string();
            self.servers[0].cli::<String>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
        }
    }

    /// Waits until every running server sees every slot served, and all know each other.
    pub async fn all_sound(&self) {
        let known = format!("cluster_known_nodes:{}\r", self.servers.len());
        for server in self.servers.iter().filter(|server| server.is_running()) {
            until("a cluster", async || {
                let info: String = server.cli(&["CLUSTER", "INFO"]).await;
                info.contains("cluster_state:ok") && info.contains(&known)
            })
            .await;
        }
    }

    /// Waits until every running replica follows its primary.
    pub async fn all_in_step(&self) {
        for server in self.servers.iter().filter(|server| server.is_running()) {
            until("replicas in step", async || {
                let info: String = server.cli(&["INFO", "replication"]).await;
                info.contains("role:master") || info.contains("master_link_status:up")
            })
            .await;
        }
    }

    /// The URL of one server that runs.
    pub fn url(&self) -> String {
        self.servers.iter().find(|server| server.is_running()).expect("a running server").url()
    }

    /// The number of the server that has the slot of `key`, by the word of most.
    pub async fn owner(&self, key: &str) -> usize {
        self.owner_of(self.slot(key).await).await
    }

    /// The numbers of the servers that have slots, by the word of one.
    pub async fn primaries(&self) -> Vec<usize> {
        let server = self.servers.iter().find(|server| server.is_running()).expect("a running server");
        let ranges = slots(server.cli(&["CLUSTER", "SLOTS"]).await);
        let has_slots = |server: &RedisServer| ranges.iter().any(|(_, _, (_, port))| *port == server.port());
        (0..self.servers.len()).filter(|number| has_slots(&self.servers[*number])).collect()
    }

    pub async fn slot(&self, key: &str) -> u16 {
        let server = self.servers.iter().find(|server| server.is_running()).expect("a running server");
        server.cli(&["CLUSTER", "KEYSLOT", key]).await
    }

    /// The number of the server that has `slot`, by the word of most.
    pub async fn owner_of(&self, slot: u16) -> usize {
        let mut votes = HashMap::new();
        for server in self.servers.iter().filter(|server| server.is_running()) {
            let ranges: Vec<(u16, u16, (String, u16))> = slots(server.cli(&["CLUSTER", "SLOTS"]).await);
            if let Some((_, _, (_, port))) = ranges.iter().find(|range| (range.0..=range.1).contains(&slot)) {
                *votes.entry(*port).or_insert(0) += 1;
            }
        }
        let port = votes.into_iter().max_by_key(|(_, votes)| *votes).expect("an owner").0;
        self.servers.iter().position(|server| server.port() == port).expect("one of ours")
    }

    /// Begins to move `slot` to the server `to`: from now on it belongs to both.
    pub async fn begin_to_move(&self, slot: u16, to: usize) {
        let from = self.owner_of(slot).await;
        let (slot, from_id, to_id) = (slot.to_string(), self.id(from).await, self.id(to).await);
        self.servers[to].cli::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]).await;
        self.servers[from].cli::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]).await;
    }

    /// Moves the keys of `slot` and then the slot itself, after [`RedisCluster::begin_to_move`].
    pub async fn move_on(&self, slot: u16, to: usize) {
        let (from, text) = (self.owner_of(slot).await, slot.to_string());
        let port = self.servers[to].peer_port().to_string();
        loop {
            let keys: Vec<String> = self.servers[from].cli(&["CLUSTER", "GETKEYSINSLOT", &text, "100"]).await;
            if keys.is_empty() {
                break;
            }
            let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000"];
            if let Some(password) = self.servers[to].argument("--requirepass") {
                migrate.extend(["AUTH", password]);
            }
            migrate.push("KEYS");
            migrate.extend(keys.iter().map(String::as_str));
            self.servers[from].cli::<String>(&migrate).await;
        }
        let id = self.id(to).await;
        for number in [to, from] {
            self.servers[number].cli::<String>(&["CLUSTER", "SETSLOT", &text, "NODE", &id]).await;
        }
        until("the move is known", async || self.owner_of(slot).await == to).await;
    }

    /// Kills a primary and waits until a replica has its place; returns the replica's number.
    pub async fn kill_primary(&mut self, number: usize) -> usize {
        let id = self.id(number).await;
        let nodes: String = self.servers[number].cli(&["CLUSTER", "NODES"]).await;
        let mut lines = nodes.lines();
        let slot = lines.find(|line| line.starts_with(&id)).and_then(|line| line.split(' ').nth(8)?.split('-').next());
        let slot: u16 = slot.and_then(|slot| slot.parse().ok()).expect("a slot of the primary");
        self.servers[number].kill();
        until("a new primary", async || self.owner_of(slot).await != number).await;
        self.owner_of(slot).await
    }

    async fn id(&self, number: usize) -> String {
        self.servers[number].cli(&["CLUSTER", "MYID"]).await
    }
}

fn slots(answer: Vec<Vec<Value>>) -> Vec<(u16, u16, (String, u16))> {
    let read = |mut range: Vec<Value>| {
        range.truncate(3);
        let Some(Value::Array(node)) = range.get_mut(2) else { return None };
        node.truncate(2);
        redis::from_redis_value(Value::Array(range)).ok()
    };
    answer.into_iter().filter_map(read).collect()
}
