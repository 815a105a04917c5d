//! Background tasks: each has a name, all have one owner, one signal to stop and one deadline.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
pub struct TaskSet {
    stop: CancellationToken,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl TaskSet {
    /// The signal on which the tasks stop. A task that waits for something must also wait for it.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task on the current runtime.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock();
        let id = running.tasks.spawn(task).id();
        running.names.insert(id, name);
    }

    /// Asks all tasks to stop, waits for them, and aborts those that run longer than `deadline`.
    pub async fn shut_down(&self, deadline: Duration) {
        self.stop.cancel();
        let Running { mut tasks, names } = std::mem::take(&mut *self.running.lock());
        let all_ended = async {
            while let Some(ended) = tasks.join_next_with_id().await {
                report(&names, ended);
            }
        };
        if tokio::time::timeout(deadline, all_ended).await.is_err() {
            tracing::warn!(left = tasks.len(), "background tasks did not stop in time; aborting them");
            tasks.shutdown().await;
        }
    }
}

fn report(names: &HashMap<Id, &'static str>, ended: Result<(Id, ()), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        let task = names.get(&error.id()).copied().unwrap_or_default();
        tracing::error!(task, "background task panicked");
    }
}

#[cfg(test)]
mod tests {
    use super::TaskSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn tasks_that_do_not_stop_are_aborted() {
        let tasks = TaskSet::default();
        let obeyed = Arc::new(AtomicBool::new(false));
        let (stop, seen) = (tasks.stop_signal(), obeyed.clone());
        tasks.spawn("cooperative", async move {
            stop.cancelled().await;
            seen.store(true, Ordering::SeqCst);
        });
        let dropped = Arc::new(());
        let held = dropped.clone();
        tasks.spawn("deaf", async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        tasks.shut_down(Duration::from_millis(20)).await;
        assert!(obeyed.load(Ordering::SeqCst));
        assert_eq!(Arc::strong_count(&dropped), 1, "the deaf task was not aborted");
    }
}
