use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures are told at most this often: while Redis is away, each message fails once a second.
const EVERY: Duration = Duration::from_secs(5);

/// What went wrong and has not been told yet.
#[derive(Default)]
pub(super) struct Troubles(Mutex<(Option<Instant>, u64)>);

impl Troubles {
    /// Counts a failure; returns how many there were since the last time that this was told, if it is time to.
    pub(super) fn count(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        if state.0.is_some_and(|told| told.elapsed() < EVERY) {
            return None;
        }
        state.0 = Some(Instant::now());
        Some(std::mem::take(&mut state.1))
    }
}
