//! A place that calls pass through and where they can be held.

use testkit::in_time;
use tokio::sync::watch;

/// Opening it releases all waiting calls, even if it is shut again at once.
pub(crate) struct Gate {
    /// Whether it is shut, and how often it has been opened.
    state: watch::Sender<(bool, u64)>,
    /// Calls that have come since the gate was shut.
    arrived: watch::Sender<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { state: watch::Sender::new((false, 0)), arrived: watch::Sender::new(0) }
    }
}

impl Gate {
    pub(crate) fn shut(&self) {
        self.arrived.send_replace(0);
        self.state.send_modify(|(shut, _)| *shut = true);
    }

    pub(crate) fn open(&self) {
        self.state.send_modify(|(shut, openings)| (*shut, *openings) = (false, *openings + 1));
    }

    /// Waits until so many calls have come since the gate was shut.
    pub(crate) async fn reached(&self, calls: usize) {
        let mut arrived = self.arrived.subscribe();
        in_time("a call at the gate", arrived.wait_for(|&arrived| arrived >= calls)).await.unwrap();
    }

    pub(crate) async fn pass(&self) {
        let mut state = self.state.subscribe();
        let before = state.borrow().1;
        self.arrived.send_modify(|arrived| *arrived += 1);
        state.wait_for(|&(shut, openings)| !shut || openings > before).await.unwrap();
    }
}
