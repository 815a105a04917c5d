//! One connection for live events, from its making to its loss.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, PushInfo, RedisResult};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::info;

use super::RedisSubscriber;
use super::pubsub::PubSubConnection;
use crate::Slots;
use crate::backoff::Backoff;
use crate::redis::names::Channel;
use crate::redis::nodes::{Node, SlotMap};

/// How often a connection is asked whether it still stands, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// What is known about one connection.
#[derive(Default)]
pub(super) struct NodeSubscription {
    /// What its node has.
    pub(super) slots: Slots,
    /// Where to subscribe, once all is subscribed that was wanted at first.
    pub(super) pubsub: Option<PubSubConnection>,
    /// Channels that may have been left subscribed because an operation was dropped.
    pub(super) in_flight: Vec<Channel>,
    /// Rings when there is something to look after.
    pub(super) wakeup: Arc<Notify>,
}

/// Keeps the subscription connection to one node.
pub(super) struct NodeWorker {
    pub(super) node: Arc<Node>,
    pub(super) slot_maps: watch::Receiver<Arc<SlotMap>>,
    pub(super) backoff: Backoff,
}

impl NodeWorker {
    /// What the node has at the moment, if anything.
    pub(super) fn slots(&mut self) -> Option<Slots> {
        let slot_map = self.slot_maps.borrow_and_update();
        let mut entries = slot_map.0.iter();
        entries.find(|(node, _)| Arc::ptr_eq(node, &self.node)).map(|(_, slots)| slots.clone())
    }
}

impl RedisSubscriber {
    /// Ends with the connection, or when the node has no slots any more.
    pub(super) async fn serve_node(&self, worker: &mut NodeWorker, slots: &Slots) -> RedisResult<()> {
        let (number, wakeup) = self.state.begin(slots);
        let outcome = match self.connect(number, &worker.node).await {
            Ok(mut pubsub) => {
                worker.backoff.reset();
                self.watch(number, &wakeup, &mut pubsub, worker).await
            }
            Err(error) => Err(error),
        };
        self.state.lose(number);
        outcome
    }

    async fn connect(&self, number: u64, node: &Node) -> RedisResult<PubSubConnection> {
        let (state, own) = (Arc::downgrade(&self.state), self.id.clone());
        let on_push = move |push: PushInfo| {
            if let Some(state) = state.upgrade() {
                state.take(number, push, &own);
            }
        };
        let connection = node.connection.connect(on_push).await?;
        let is_cluster = self.broker.0.nodes.is_cluster();
        let mut pubsub = PubSubConnection::open(connection, &self.id, is_cluster).await?;
        self.clock.forget(&node.address);
        self.ask(&mut pubsub, node).await?;
        let channels = self.restore(number, &mut pubsub).await?;
        info!(channels, "subscribed to Redis");
        Ok(pubsub)
    }

    /// Subscribes to all that is wanted and not yet subscribed; returns how many that were.
    async fn restore(&self, number: u64, pubsub: &mut PubSubConnection) -> RedisResult<usize> {
        let mut subscribed = HashSet::new();
        // What is no longer wanted by the time all is subscribed is taken back, and so on.
        while let Err(difference) = self.state.go_live(number, &subscribed, pubsub) {
            for slot in pubsub.subscribe(&difference.missing).await? {
                self.state.lose_slot(slot);
            }
            pubsub.unsubscribe(&difference.surplus).await?;
            subscribed.extend(difference.missing);
            for channel in &difference.surplus {
                subscribed.remove(channel);
            }
        }
        if self.state.is_open(number) {
            return Ok(subscribed.len());
        }
        Err((ErrorKind::Io, "lost again while subscribing").into())
    }

    async fn watch(
        &self,
        number: u64,
        wakeup: &Notify,
        pubsub: &mut PubSubConnection,
        worker: &mut NodeWorker,
    ) -> RedisResult<()> {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.state.is_open(number) {
            tokio::select! {
                () = wakeup.notified() => {
                    self.settle_in_flight(number, pubsub).await?;
                    self.restore(number, pubsub).await?;
                }
                changed = worker.slot_maps.changed() => match worker.slots() {
                    Some(slots) if changed.is_ok() => self.state.assign(number, &slots),
                    _ => return Ok(()),
                },
                _ = pings.tick() => match timeout(PING_TIMEOUT, self.ask(pubsub, &worker.node)).await {
                    Ok(answer) => answer?,
                    Err(_) => return Ok(()),
                },
            }
        }
        Ok(())
    }

    /// Whether the connection stands, and leads where events are recorded; what time it is there.
    async fn ask(&self, pubsub: &mut PubSubConnection, node: &Node) -> RedisResult<()> {
        if pubsub.is_replica().await? {
            return Err((ErrorKind::Io, "the node has become a replica").into());
        }
        if let Some(time) = pubsub.time().await? {
            self.clock.note_time(&node.address, time);
        }
        Ok(())
    }

    /// Ends the subscriptions that abandoned operations may have left behind.
    async fn settle_in_flight(&self, number: u64, pubsub: &mut PubSubConnection) -> RedisResult<()> {
        for channel in self.state.take_in_flight(number) {
            let Ok(_turn) = self.turn(&channel).await else {
                self.state.doubt(channel);
                continue;
            };
            if !self.state.is_wanted(&channel) {
                pubsub.unsubscribe(std::slice::from_ref(&channel)).await?;
            }
        }
        Ok(())
    }
}
