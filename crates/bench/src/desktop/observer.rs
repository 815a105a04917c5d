//! What the desktops of one fleet have seen, together.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    event::Marker,
    measure::{Histogram, SequenceCheck, SequenceFaults},
    wire::clock::now_micros,
};

/// Collects the arrivals at all desktops.
pub struct Observer {
    arrived: AtomicU64,
    disconnected: AtomicU64,
    latencies: Mutex<Histogram>,
    checks: Vec<Mutex<SequenceCheck>>,
}

impl Observer {
    /// For this many desktops.
    pub fn new(desktops: usize) -> Self {
        Self {
            arrived: AtomicU64::new(0),
            disconnected: AtomicU64::new(0),
            latencies: Mutex::default(),
            checks: (0..desktops).map(|_| Mutex::default()).collect(),
        }
    }

    /// The desktop with this index got this event.
    pub(super) fn arrived(&self, desktop: usize, marker: Marker) {
        let latency = now_micros().saturating_sub(marker.sent);
        lock(&self.latencies).record(latency);
        if let Some(check) = self.checks.get(desktop) {
            lock(check).arrived(marker.number);
        }
        self.arrived.fetch_add(1, Ordering::Relaxed);
    }

    /// A desktop lost its connection; answers how many did so before.
    pub(super) fn disconnected(&self) -> u64 {
        self.disconnected.fetch_add(1, Ordering::Relaxed)
    }

    /// Events that arrived, at all desktops together.
    pub fn arrivals(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Desktops that lost their connection.
    pub fn disconnections(&self) -> u64 {
        self.disconnected.load(Ordering::Relaxed)
    }

    /// Latencies since the last [`clear_latencies`](Self::clear_latencies): from the moment an event was due to be sent.
    pub fn latencies(&self) -> Histogram {
        lock(&self.latencies).clone()
    }

    /// Forgets the latencies (of a warm-up), not the sequences.
    pub fn clear_latencies(&self) {
        lock(&self.latencies).clear();
    }

    /// Sums up what was lost, duplicated and out of order; `sent` tells how many events each desktop should have.
    pub fn faults(&self, sent: impl Fn(usize) -> u64) -> SequenceFaults {
        let mut sum = SequenceFaults::default();
        for (desktop, check) in self.checks.iter().enumerate() {
            sum.add(lock(check).faults(sent(desktop)));
        }
        sum
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_up_over_all_desktops() {
        let observer = Observer::new(2);
        let at = |number| Marker { number, sent: 0 };
        observer.arrived(0, at(0));
        observer.arrived(0, at(2));
        observer.arrived(1, at(0));
        observer.arrived(1, at(0));
        let faults = observer.faults(|_| 3);
        assert_eq!((faults.lost, faults.duplicated, faults.out_of_order), (3, 1, 0));
        assert_eq!(observer.arrivals(), 4);
        assert_eq!(observer.latencies().count(), 4);
    }
}
