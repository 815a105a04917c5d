//! How much of everything.

use std::path::PathBuf;
use std::time::Duration;

/// What is played, and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Chooses the faults, their times and their victims.
    pub seed: u64,
    /// For how long faults are injected. Settling down comes on top.
    pub time: Duration,
    /// Processes of ui-connector.
    pub connectors: usize,
    /// Processes of cloud-pubsub-interceptor.
    pub interceptors: usize,
    /// Conversations. Each has a light desktop; in some nobody joins at first.
    pub conversations: usize,
    /// Desktops of socket.io-client, each in several conversations.
    pub library_desktops: usize,
    /// Mean time between two events of a conversation.
    pub pause: Duration,
    /// Longest pause between two faults of a kind.
    pub rest: Duration,
    /// Redis is a cluster with TLS and replicas, and not one with a replica.
    pub cluster: bool,
    /// The interceptors pull from Google's Pub/Sub emulator, and nobody pushes.
    pub pull: bool,
    /// Where the programs are.
    pub programs: PathBuf,
    /// Where the logs of the processes go.
    pub logs: PathBuf,
}

/// The project of all conversations.
pub(crate) const PROJECT: &str = "chaos-project";

impl Plan {
    /// What `make chaos` plays, of `time` and `seed`.
    pub fn new(seed: u64, time: Duration, programs: PathBuf, logs: PathBuf) -> Self {
        Self {
            seed,
            time,
            connectors: 3,
            interceptors: 2,
            conversations: 120,
            library_desktops: 30,
            pause: Duration::from_millis(400),
            rest: Duration::from_secs(6),
            cluster: false,
            pull: false,
            programs,
            logs,
        }
    }

    /// Small enough to run beside other tests.
    #[must_use]
    pub fn small(self) -> Self {
        Self { connectors: 2, conversations: 20, library_desktops: 6, rest: Duration::from_secs(2), ..self }
    }

    /// The full name of a conversation.
    pub(crate) fn conversation(index: usize) -> String {
        format!("projects/{PROJECT}/conversations/c{index}")
    }

    /// Whether nobody joins a conversation before some of its events have come.
    pub(crate) const fn begins_unheard(index: usize) -> bool {
        index % 6 == 5
    }

    /// Whether a conversation has many and large events.
    pub(crate) const fn is_busy(index: usize) -> bool {
        index % 20 == 1
    }
}
