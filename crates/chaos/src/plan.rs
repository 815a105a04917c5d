//! How much of everything.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use testkit::build_folder;

/// The project of all conversations.
pub(crate) const PROJECT: &str = "chaos-project";

/// Injects faults at random into everything around the services, and counts what the desktops get.
#[derive(Debug, Parser)]
#[command(name = "agent-assist-chaos")]
pub(crate) struct Plan {
    /// For how many minutes faults are injected; settling down comes on top
    #[arg(long, default_value_t = 5.0)]
    pub(crate) minutes: f64,
    /// What chooses the faults, their times and their victims [default: any]
    #[arg(long, default_value_t = rand::random::<u32>().into(), hide_default_value = true)]
    pub(crate) seed: u64,
    /// Fewer processes, conversations and desktops
    #[arg(long)]
    pub(crate) small: bool,
    /// A Redis Cluster with TLS and replicas, whose primaries die and whose slots move
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Pull from Google's Pub/Sub emulator, which must be installed
    #[arg(long)]
    pub(crate) pull: bool,
    /// Folder of the binaries ui-connector and cloud-pubsub-interceptor [default: that of this program]
    #[arg(long, value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
}

impl Plan {
    /// The programs of the services, and how many processes there are of each.
    pub(crate) fn services(&self) -> [(&'static str, usize); 2] {
        [("ui-connector", if self.small { 2 } else { 3 }), ("cloud-pubsub-interceptor", 2)]
    }

    /// The number of conversations. Each has a light desktop.
    pub(crate) fn conversations(&self) -> usize {
        if self.small { 20 } else { 120 }
    }

    /// The number of desktops of socket.io-client, each in several conversations.
    pub(crate) fn library_desktops(&self) -> usize {
        if self.small { 6 } else { 30 }
    }

    /// The longest pause between two faults of a lane.
    pub(crate) fn rest(&self) -> Duration {
        Duration::from_secs(if self.small { 2 } else { 6 })
    }

    pub(crate) fn programs(&self) -> PathBuf {
        self.bin_dir.clone().unwrap_or_else(build_folder)
    }

    /// Where the logs of the processes go.
    pub(crate) fn logs(&self) -> PathBuf {
        self.programs().join(format!("../chaos/{}", self.seed))
    }

    /// Returns the canonical name of a conversation.
    pub(crate) fn conversation(index: usize) -> String {
        format!("projects/{PROJECT}/conversations/c{index}")
    }

    /// Whether a conversation has events before its first desktop joins.
    pub(crate) const fn begins_undelivered(index: usize) -> bool {
        index % 6 == 5
    }

    /// Whether a conversation has many and large events.
    pub(crate) const fn is_busy(index: usize) -> bool {
        index % 20 == 1
    }
}
