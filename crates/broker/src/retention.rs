use std::time::Duration;

/// How much of each conversation is kept for desktops that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long after its last event a conversation's log is kept, and how long a message id is
    /// remembered. Whole seconds, at least one.
    pub time: Duration,
    /// The last events of a conversation that are kept at the least.
    pub events: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { time: Duration::from_mins(15), events: 512 }
    }
}
