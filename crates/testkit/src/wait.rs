//! Waiting for conditions, never for a while.

use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Time limit for anything that must happen, on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Time between two looks at a condition.
const TICK: Duration = Duration::from_millis(5);

#[track_caller]
pub fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = condition().await {
                return answer;
            }
            assert!(Instant::now() < deadline, "{caller}: not within {PATIENCE:?}: {what}");
            sleep(TICK).await;
        }
    }
}

#[track_caller]
pub fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    eventually(what, async move || condition().await.then_some(()))
}

/// Waits for something that must come.
#[track_caller]
pub fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let came = timeout(PATIENCE, coming).await;
        came.unwrap_or_else(|_| panic!("{caller}: not within {PATIENCE:?}: {what}"))
    }
}
