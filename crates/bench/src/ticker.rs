//! A precise tick. A timer of the runtime is up to 2 ms late, which is more than what is measured.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Ticks at a fixed period, by a thread that ends with it.
pub(crate) struct Ticker(UnboundedReceiver<()>);

impl Ticker {
    pub(crate) fn new(period: Duration) -> Self {
        let ((sender, receiver), mut due) = (unbounded_channel(), Instant::now() + period);
        #[expect(clippy::disallowed_methods, reason = "a thread of its own, which does nothing else")]
        let wait = |due: Instant| thread::sleep(due.saturating_duration_since(Instant::now()));
        thread::spawn(move || {
            wait(due);
            while sender.send(()).is_ok() {
                due += period;
                wait(due);
            }
        });
        Self(receiver)
    }

    /// Waits for a tick; returns how many there were since the last call.
    pub(crate) async fn tick(&mut self) -> u64 {
        self.0.recv().await.expect("the thread ends last");
        1 + std::iter::from_fn(|| self.0.try_recv().ok()).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ticks_are_counted_and_not_early() {
        let (start, mut ticks) = (Instant::now(), 0);
        let mut ticker = Ticker::new(Duration::from_millis(1));
        while ticks < 20 {
            ticks += ticker.tick().await;
        }
        assert!(start.elapsed() >= Duration::from_millis(20), "{:?}", start.elapsed());
    }
}
