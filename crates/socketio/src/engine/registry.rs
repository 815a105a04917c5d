//! The open connections of a server.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::connection::Connection;
use super::error::RequestError;
use super::id::RandomId;
use crate::reason::Reason;

/// Pause between two rounds of closing while draining.
const ROUND: Duration = Duration::from_millis(20);

#[derive(Default)]
pub(crate) struct Registry {
    by_id: Mutex<HashMap<RandomId, Arc<Connection>>>,
    permits: AtomicUsize,
    draining: watch::Sender<bool>,
    empty: Notify,
}

impl Registry {
    /// Permits one more connection, of at most `limit`.
    pub(super) fn permit(self: &Arc<Self>, limit: usize) -> Result<ConnectionPermit, RequestError> {
        let others = self.permits.fetch_add(1, Ordering::SeqCst);
        let permit = ConnectionPermit { registry: self.clone(), connection: None };
        if others >= limit || *self.draining.borrow() {
            return Err(RequestError::Unavailable);
        }
        Ok(permit)
    }

    pub(crate) fn connections(&self) -> usize {
        self.permits.load(Ordering::SeqCst)
    }

    /// Frames and bytes that wait to be written, of all connections.
    pub(crate) fn queued(&self) -> (usize, usize) {
        let waiting = self.all().into_iter().map(|connection| connection.lock().outbox.waiting());
        waiting.fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1))
    }

    pub(super) fn get(&self, id: RandomId) -> Option<Arc<Connection>> {
        self.by_id.lock().get(&id).cloned()
    }

    fn all(&self) -> Vec<Arc<Connection>> {
        self.by_id.lock().values().cloned().collect()
    }

    /// Refuses new connections, closes all others, spread evenly over a time, and returns when the last
    /// has ended.
    pub(crate) async fn drain(&self, over: Duration) {
        self.draining.send_replace(true);
        let connections = self.all();
        let start = Instant::now();
        let mut closed = 0;
        while closed < connections.len() {
            let due = share(connections.len(), start.elapsed(), over).max(closed);
            connections[closed..due].iter().for_each(|connection| connection.close(Reason::Shutdown));
            closed = due;
            if closed < connections.len() {
                tokio::time::sleep(ROUND.min(over)).await;
            }
        }
        drop(connections);
        self.wait_until_empty().await;
    }

    async fn wait_until_empty(&self) {
        loop {
            let notified = self.empty.notified();
            if self.connections() == 0 {
                return;
            }
            notified.await;
        }
    }
}

/// Returns how many of `count` are due after a time.
fn share(count: usize, elapsed: Duration, over: Duration) -> usize {
    if elapsed >= over {
        return count;
    }
    let due = count as u128 * (elapsed.as_micros() + 1) / over.as_micros().max(1);
    usize::try_from(due).map_or(count, |due| due.min(count))
}

/// Counts one connection until it is dropped.
pub(super) struct ConnectionPermit {
    registry: Arc<Registry>,
    connection: Option<Arc<Connection>>,
}

impl ConnectionPermit {
    /// Makes a connection known by its id. If the server is being drained, it is closed at once.
    pub(super) fn register(&mut self, connection: &Arc<Connection>) {
        self.connection = Some(connection.clone());
        self.registry.by_id.lock().insert(connection.id, connection.clone());
        if *self.registry.draining.borrow() {
            connection.close(Reason::Shutdown);
        }
    }

    /// Makes the connection unknown. It still counts.
    pub(super) fn unregister(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.registry.by_id.lock().remove(&connection.id);
        }
    }

    /// Returns when the server is drained.
    pub(super) async fn drained(&self) {
        // An error means that the registry has gone, which the permit prevents.
        let _ = self.registry.draining.subscribe().wait_for(|draining| *draining).await;
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.unregister();
        if self.registry.permits.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.registry.empty.notify_waiters();
        }
    }
}
