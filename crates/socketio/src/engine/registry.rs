//! The sessions of a server.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{id::Id, link::Link, refusal::Refusal};
use crate::reason::Reason;

/// Pause between two rounds of closing while draining.
const ROUND: Duration = Duration::from_millis(20);

#[derive(Default)]
pub(crate) struct Registry {
    links: Mutex<HashMap<Id, Arc<Link>>>,
    connections: AtomicUsize,
    draining: watch::Sender<bool>,
    empty: Notify,
}

impl Registry {
    /// Makes sure that there is room for one more connection, for as long as the place lives.
    pub(crate) fn reserve(self: &Arc<Self>, limit: usize) -> Result<Place, Refusal> {
        let taken = self.connections.fetch_add(1, Ordering::SeqCst);
        let place = Place { registry: self.clone(), link: None };
        if taken >= limit || *self.draining.borrow() {
            return Err(Refusal::Unavailable);
        }
        Ok(place)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Frames and bytes that wait for all clients.
    pub(crate) fn queued(&self) -> (usize, usize) {
        let links: Vec<_> = self.lock().values().cloned().collect();
        let waiting = links.iter().map(|link| link.lock().outbox.waiting());
        waiting.fold((0, 0), |sum, link| (sum.0 + link.0, sum.1 + link.1))
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Link>> {
        self.get(Id::parse(id)?)
    }

    pub(crate) fn get(&self, id: Id) -> Option<Arc<Link>> {
        self.lock().get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Arc<Link>>> {
        self.links.lock()
    }

    /// Refuses new sessions, closes all, spread evenly over a time, and returns when the last has ended.
    pub(crate) async fn drain(&self, over: Duration) {
        self.draining.send_replace(true);
        let links: Vec<_> = self.lock().values().cloned().collect();
        let start = Instant::now();
        let mut closed = 0;
        while closed < links.len() {
            let due = share(links.len(), start.elapsed(), over);
            links[closed..due.max(closed)].iter().for_each(|link| link.close(Reason::Shutdown));
            closed = due.max(closed);
            if closed < links.len() {
                tokio::time::sleep(ROUND.min(over)).await;
            }
        }
        drop(links);
        self.emptied().await;
    }

    async fn emptied(&self) {
        loop {
            let notified = self.empty.notified();
            if self.connections() == 0 {
                return;
            }
            notified.await;
        }
    }
}

/// How many of `count` are due after a time.
fn share(count: usize, elapsed: Duration, over: Duration) -> usize {
    if elapsed >= over {
        return count;
    }
    let due = count as u128 * (elapsed.as_micros() + 1) / over.as_micros().max(1);
    usize::try_from(due).map_or(count, |due| due.min(count))
}

/// The place of one connection in the registry, given back when dropped.
pub(crate) struct Place {
    registry: Arc<Registry>,
    link: Option<Arc<Link>>,
}

impl Place {
    /// Makes the session known by its id. One that comes too late, while draining, is closed at once.
    pub(crate) fn enter(&mut self, link: &Arc<Link>) {
        self.link = Some(link.clone());
        self.registry.lock().insert(link.id, link.clone());
        if *self.registry.draining.borrow() {
            link.close(Reason::Shutdown);
        }
    }

    /// Returns when everybody has to go.
    pub(crate) async fn drained(&self) {
        // It ends with the registry otherwise, which this place keeps.
        let _ = self.registry.draining.subscribe().wait_for(|draining| *draining).await;
    }

    /// Makes the session unknown; its connection still counts.
    pub(crate) fn leave(&mut self) {
        if let Some(link) = self.link.take() {
            self.registry.lock().remove(&link.id);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
        if self.registry.connections.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.registry.empty.notify_waiters();
        }
    }
}
