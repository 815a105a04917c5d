//! How large and how long the scenarios are.

use std::path::PathBuf;
use std::time::Duration;

/// Connections of Pub/Sub, and handshakes at the same time.
pub(crate) const AT_ONCE: usize = 32;

/// What all scenarios have in common.
#[derive(Debug, Clone)]
pub(crate) struct LoadPlan {
    pub(crate) build: PathBuf,
    /// Desktops held for the memory of an idle one.
    pub(crate) idle_desktops: usize,
    pub(crate) desktops: usize,
    /// Events per second, end to end, one measurement for each.
    pub(crate) rates: Vec<u64>,
    /// How long each load is measured.
    pub(crate) duration: Duration,
}

impl LoadPlan {
    /// Load before anything is measured.
    pub(crate) fn warm_up(&self) -> Duration {
        self.duration / 5
    }
}
