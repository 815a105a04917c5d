//! Cloud Pub/Sub, as the interceptor sees it: some kept connections that each push one message after the other.

mod closed_loop;
mod connection;
mod open_loop;

use std::time::Duration;

pub use closed_loop::closed_loop;
pub use open_loop::{OpenLoop, open_loop};

/// What became of the pushes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushOutcome {
    /// Answered 204.
    pub accepted: u64,
    /// Answered something else.
    pub refused: u64,
    /// Not answered: the connection broke or the answer came too late.
    pub failed: u64,
    /// Due, but never sent, because the services were too slow.
    pub unsent: u64,
    /// From the first push to the last answer.
    pub elapsed: Duration,
}

impl PushOutcome {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.failed += other.failed;
    }

    /// Pushes that were sent and not acknowledged.
    pub fn not_acknowledged(&self) -> u64 {
        self.refused + self.failed
    }
}
