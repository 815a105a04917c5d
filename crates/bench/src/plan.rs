//! How large and how long the scenarios are.

use std::time::Duration;

/// Sizes and durations of all scenarios.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Desktops held for the memory of an idle one.
    pub idle_desktops: usize,
    /// Desktops under load.
    pub desktops: usize,
    /// Events per second, end to end, one measurement for each.
    pub rates: Vec<u64>,
    /// Events per second to one conversation that all desktops watch.
    pub fan_out_rate: u64,
    /// Load before anything is measured.
    pub warm_up: Duration,
    /// How long each load is measured.
    pub duration: Duration,
    /// How long each step of the ramp is measured.
    pub ramp_duration: Duration,
    /// How many times each program is started for its start time.
    pub starts: usize,
}

/// Connections of the pusher.
pub const PUSH_CONNECTIONS: usize = 32;

/// Handshakes at the same time.
pub const HANDSHAKES_AT_ONCE: usize = 32;

impl Plan {
    /// For figures to compare.
    pub fn full() -> Self {
        Self {
            idle_desktops: 10_000,
            desktops: 1000,
            rates: vec![1000, 5000, 20_000],
            fan_out_rate: 20,
            warm_up: Duration::from_secs(2),
            duration: Duration::from_secs(10),
            ramp_duration: Duration::from_secs(4),
            starts: 5,
        }
    }

    /// For a first impression: the same sizes, shorter.
    pub fn quick() -> Self {
        Self {
            warm_up: Duration::from_millis(500),
            duration: Duration::from_secs(2),
            ramp_duration: Duration::from_secs(1),
            starts: 3,
            ..Self::full()
        }
    }
}
