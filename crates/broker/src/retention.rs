use std::time::Duration;

use settings::Reader;

use crate::variables::{EVENT_RETENTION_MAX, EVENT_RETENTION_SECONDS};

/// How much of each conversation is kept for desktops that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long after its last event a conversation's log is kept, and how long a message id is
    /// remembered. Whole seconds, at least one.
    pub time: Duration,
    /// The last events of a conversation that are kept at the least.
    pub events: usize,
}

impl Retention {
    /// Reads `EVENT_RETENTION_SECONDS` and `EVENT_RETENTION_MAX`.
    pub fn read(env: &mut Reader) -> Self {
        Self { time: EVENT_RETENTION_SECONDS.read(env), events: EVENT_RETENTION_MAX.read(env) }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}
