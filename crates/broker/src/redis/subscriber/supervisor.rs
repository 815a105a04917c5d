//! Keeps the subscriber connected to every node that has slots.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::RedisSubscriber;
use super::subscription::NodeWorker;
use crate::backoff::Backoff;
use crate::redis::nodes::{Address, Node};

/// How long after an incomplete answer the nodes are asked again.
const RECHECK: Duration = Duration::from_secs(1);

impl RedisSubscriber {
    /// Connects, subscribes again after each loss and checks the connections, until `stop` is cancelled. Run it once, as a
    /// task of its own. Afterwards the subscriber returns [`crate::Error::Stopped`].
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.serve_for_ever()).await;
        self.state.stop();
    }

    async fn serve_for_ever(&self) {
        let mut slot_maps = self.broker.0.nodes.slot_maps();
        let (mut running, mut workers) = (HashSet::<Address>::new(), FuturesUnordered::new());
        let mut backoff = Backoff::default();
        loop {
            let slot_map = Arc::clone(&slot_maps.borrow_and_update());
            self.clock.retain(|address| slot_map.node(address).is_some());
            for (node, _) in &slot_map.0 {
                if running.insert(node.address.clone()) {
                    workers.push(self.run_node(Arc::clone(node)));
                }
            }
            tokio::select! {
                _ = slot_maps.changed() => {}
                Some(left) = workers.next() => {
                    running.remove(&left);
                }
                () = self.trouble(slot_map.is_whole()) => self.discover(&mut backoff).await,
            }
        }
    }

    /// Returns when the nodes should be asked which slots they have.
    async fn trouble(&self, is_whole: bool) {
        tokio::select! {
            () = self.state.stale.notified() => {}
            () = sleep(RECHECK), if !is_whole => {}
        }
    }

    async fn discover(&self, backoff: &mut Backoff) {
        let nodes = &self.broker.0.nodes;
        match nodes.discover(&nodes.slot_map()).await {
            Ok(()) => backoff.reset(),
            Err(error) => {
                if backoff.is_fresh() {
                    warn!(%error, "failed to read the slot map of the Redis Cluster; trying again");
                }
                self.state.stale.notify_one();
                sleep(backoff.pause()).await;
            }
        }
    }

    /// Stays connected to one node for as long as it has slots; returns where that was.
    async fn run_node(&self, node: Arc<Node>) -> Address {
        let slot_maps = self.broker.0.nodes.slot_maps();
        let mut worker = NodeWorker { node, slot_maps, backoff: Backoff::default() };
        while let Some(slots) = worker.slots() {
            match self.serve_node(&mut worker, &slots).await {
                Ok(()) => warn!(node = %worker.node.address, "lost the subscription to Redis; reconnecting"),
                Err(error) if worker.backoff.is_fresh() => {
                    warn!(node = %worker.node.address, %error, "failed to subscribe to Redis; trying again");
                }
                Err(error) => debug!(%error, "failed to subscribe to Redis; trying again"),
            }
            self.state.stale.notify_one();
            sleep(worker.backoff.pause()).await;
        }
        worker.node.address.clone()
    }
}
