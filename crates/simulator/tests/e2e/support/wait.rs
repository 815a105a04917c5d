use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long anything may take that is bound to happen, on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often a condition is looked at.
const TICK: Duration = Duration::from_millis(10);

/// Waits until `condition` has an answer.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, condition: impl AsyncFnMut() -> Option<T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    let what = what.to_owned();
    let mut condition = condition;
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

/// Waits for something that is bound to come.
#[track_caller]
pub(crate) fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let came = timeout(PATIENCE, coming).await;
        came.unwrap_or_else(|_| panic!("{caller}: not within {PATIENCE:?}: {what}"))
    }
}
