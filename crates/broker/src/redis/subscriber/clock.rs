use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::redis::nodes::Address;

/// Assumed difference of the clocks as long as the time of Redis is unknown.
const UNKNOWN: i64 = -60_000_000;

/// For how long the best sample is trusted more than a newer one: clocks drift.
const TRUSTED: Duration = Duration::from_mins(1);

/// The clock of Redis, as seen from here: never ahead of it, and behind by what the best answer took. Of several
/// nodes' clocks it is the last one.
#[derive(Debug, Default)]
pub(super) struct RedisClock(Mutex<HashMap<Address, Sample>>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    /// By how much Redis is ahead of us at the least, microseconds.
    ahead: i64,
    taken: Instant,
}

impl RedisClock {
    /// Notes the time of a node: seconds and microseconds, as `TIME` answers.
    pub(super) fn note_time(&self, node: &Address, (seconds, micros): (i64, i64)) {
        let sample = Sample { ahead: seconds.saturating_mul(1_000_000) + micros - local(), taken: Instant::now() };
        let mut clocks = self.lock();
        let best = clocks.get(node);
        if best.is_none_or(|best| best.ahead <= sample.ahead || best.taken.elapsed() > TRUSTED) {
            clocks.insert(node.clone(), sample);
        }
    }

    /// A new connection may lead to another node.
    pub(super) fn forget(&self, node: &Address) {
        self.lock().remove(node);
    }

    /// Forgets the nodes for which `keep` says so.
    pub(super) fn retain(&self, keep: impl Fn(&Address) -> bool) {
        self.lock().retain(|node, _| keep(node));
    }

    /// Unix time, milliseconds.
    pub(super) fn now(&self) -> u64 {
        let last = self.lock().values().map(|sample| sample.ahead).min();
        u64::try_from((local() + last.unwrap_or(UNKNOWN)) / 1000).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Address, Sample>> {
        self.0.lock()
    }
}

fn local() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{RedisClock, local};
    use crate::redis::nodes::Address;

    fn node(port: u16) -> Address {
        Address { host: "h".to_owned(), port }
    }

    fn set_ahead(clock: &RedisClock, ahead_millis: i64) {
        let time = local() + ahead_millis * 1000;
        clock.note_time(&node(1), (time / 1_000_000, time % 1_000_000));
    }

    fn is_ahead_by(clock: &RedisClock, millis: i64) -> bool {
        (i64::try_from(clock.now()).unwrap() - local() / 1000 - millis).abs() <= 50
    }

    #[tokio::test]
    async fn an_unknown_clock_is_taken_for_one_that_is_slow() {
        let clock = RedisClock::default();
        assert!(is_ahead_by(&clock, -60_000));
        set_ahead(&clock, 5_000);
        clock.forget(&node(1));
        assert!(is_ahead_by(&clock, -60_000));
    }

    #[tokio::test]
    async fn the_slowest_of_several_clocks_counts() {
        let clock = RedisClock::default();
        set_ahead(&clock, 5_000);
        clock.note_time(&node(2), (local() / 1_000_000 - 7, local() % 1_000_000));
        assert!(is_ahead_by(&clock, -7_000));
        clock.retain(|address| *address == node(1));
        assert!(is_ahead_by(&clock, 5_000));
    }

    #[tokio::test(start_paused = true)]
    async fn the_fastest_answer_counts_for_a_while() {
        let clock = RedisClock::default();
        set_ahead(&clock, 5_000);
        set_ahead(&clock, 4_000);
        assert!(is_ahead_by(&clock, 5_000));
        set_ahead(&clock, 6_000);
        assert!(is_ahead_by(&clock, 6_000));
        tokio::time::advance(super::TRUSTED * 2).await;
        set_ahead(&clock, 4_000);
        assert!(is_ahead_by(&clock, 4_000));
    }
}
