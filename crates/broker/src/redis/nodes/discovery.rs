use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use redis::{Client, RedisError};
use tokio::sync::{Mutex as Turn, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::address::Address;
use super::node_connection::NodeConnection;
use super::slot_map::{self, ClusterView, Node, SlotMap};
use crate::redis::settings::RedisSettings;
use crate::{Error, Slots};

/// The nodes are not asked more often.
const PAUSE: Duration = Duration::from_millis(100);

/// Finds the nodes of a cluster, and which slots each of them has.
pub(super) struct Discovery {
    client: Client,
    settings: Arc<RedisSettings>,
    /// The node of the URL.
    seed: Arc<Node>,
    /// Nodes that were named by a redirection, and have no slots as far as is known.
    unassigned: Mutex<HashMap<Address, Arc<Node>>>,
    /// When the nodes were asked last. The holder of the lock asks; the others wait for the answer.
    asked: Turn<Option<Instant>>,
}

impl Discovery {
    pub(super) fn new(seed: Address, client: Client, settings: Arc<RedisSettings>) -> Self {
        let seed = Node::new(seed, NodeConnection::new(client.clone(), Arc::clone(&settings)));
        Self { client, settings, seed, unassigned: Mutex::default(), asked: Turn::default() }
    }

    /// Replaces `slot_map` by what the nodes say, unless another caller has done so since it was `seen`, or has begun
    /// to since this was called.
    pub(super) async fn run(&self, slot_map: &watch::Sender<Arc<SlotMap>>, seen: &Arc<SlotMap>) -> Result<(), Error> {
        let called = Instant::now();
        let mut asked = self.asked.lock().await;
        let known = Arc::clone(&slot_map.borrow());
        if !Arc::ptr_eq(&known, seen) || asked.is_some_and(|asked| asked >= called) {
            return Ok(());
        }
        if let Some(asked) = *asked {
            sleep_until(asked + PAUSE).await;
        }
        *asked = Some(Instant::now());
        let view = self.ask(&known).await?;
        if !known.is_as(&view) {
            info!(nodes = view.nodes.len(), sound = view.is_sound, "read the slot map of the Redis Cluster");
        }
        let nodes = view.nodes.into_iter().map(|(address, slots)| Ok((self.at(&known, &address)?, slots)));
        let found: Vec<(Arc<Node>, Slots)> = nodes.collect::<Result<_, Error>>()?;
        self.unassigned.lock().clear();
        // Even if nothing has changed: a subscription that has given up a slot tries again.
        slot_map.send_replace(Arc::new(SlotMap(found)));
        Ok(())
    }

    /// The node at `address`, the known one if there is one.
    pub(super) fn at(&self, slot_map: &SlotMap, address: &Address) -> Result<Arc<Node>, Error> {
        if let Some(node) = slot_map.node(address) {
            return Ok(Arc::clone(node));
        }
        if self.seed.address == *address {
            return Ok(Arc::clone(&self.seed));
        }
        let mut unassigned = self.unassigned.lock();
        if let Some(node) = unassigned.get(address) {
            return Ok(Arc::clone(node));
        }
        let node = self.node(address).map_err(Error::Unavailable)?;
        unassigned.insert(address.clone(), Arc::clone(&node));
        Ok(node)
    }

    fn node(&self, address: &Address) -> Result<Arc<Node>, RedisError> {
        let info = self.client.get_connection_info().clone();
        let address_there = address.in_place_of(info.addr());
        let client = Client::open(info.set_addr(address_there))?;
        Ok(Node::new(address.clone(), NodeConnection::new(client, Arc::clone(&self.settings))))
    }

    /// Asks all nodes at once. Takes the first answer in which every slot is served; otherwise the one that knows
    /// of the latest change.
    async fn ask(&self, slot_map: &SlotMap) -> Result<ClusterView, Error> {
        let deadline = Instant::now() + self.settings.response_timeout;
        let nodes = slot_map.0.iter().map(|(node, _)| node);
        let with_seed = nodes.chain((slot_map.node(&self.seed.address).is_none()).then_some(&self.seed));
        let mut answers: FuturesUnordered<_> = with_seed
            .map(|node| {
                let host = &node.address.host;
                node.connection.run_until(deadline, false, move |connection| slot_map::ask(connection, host))
            })
            .collect();
        let (mut best, mut failure) = (None::<ClusterView>, Error::Timeout(self.settings.response_timeout));
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(view) if view.is_sound && !view.nodes.is_empty() => return Ok(view),
                Ok(view) if best.as_ref().is_none_or(|best| best.epoch < view.epoch) => best = Some(view),
                Ok(_) => {}
                Err(error) => {
                    debug!(%error, "failed to read the slot map of a Redis node");
                    failure = error;
                }
            }
        }
        best.filter(|view| !view.nodes.is_empty()).ok_or(failure)
    }
}
