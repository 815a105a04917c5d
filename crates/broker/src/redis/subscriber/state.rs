use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use event::ConnectorId;
use parking_lot::{Mutex, MutexGuard};
use redis::{PushInfo, RedisError};
use tokio::sync::Notify;
use tracing::warn;

use super::live::LiveSlots;
use super::message::PushMessage;
use super::pubsub::PubSubConnection;
use super::subscription::NodeSubscription;
use crate::mailbox::Mailbox;
use crate::redis::names::{self, Channel};
use crate::slots::Slot;
use crate::{Error, EventSink, Incoming, Slots};

/// The state of the subscriptions, shared by the callers, the supervisor and the tasks that read the
/// connections. All messages are passed to the sink under the one lock, hence in order.
#[derive(Default)]
pub(super) struct SubscriptionState {
    sink: OnceLock<Arc<dyn EventSink>>,
    /// Slots in which everything wanted is subscribed. Outside the lock, so that the sink may ask.
    live: LiveSlots,
    /// Messages of other connectors.
    pub(super) inbox: Mailbox,
    state: Mutex<Subscriptions>,
    /// Notified when the slot map may be out of date.
    pub(super) stale: Notify,
}

#[derive(Default)]
struct Subscriptions {
    /// The connections, by their numbers. No slot is with two of them. What comes from one that has
    /// ended is ignored.
    nodes: HashMap<u64, NodeSubscription>,
    last: u64,
    /// Slots whose loss was reported to the sink, or whose subscribers got an error, and whose recovery was not.
    reported_lost: Slots,
    /// Channels that are, or will be, subscribed.
    wanted: HashMap<Channel, Slot>,
    /// Channels that callers are subscribing to, and that the node has not ended since.
    pending: HashSet<Channel>,
    is_stopped: bool,
}

/// What separates a node's subscriptions from the wanted ones.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) missing: Vec<Channel>,
    pub(super) surplus: Vec<Channel>,
}

impl SubscriptionState {
    /// Creates the state of the connector `id`, whose mailbox stays subscribed.
    pub(super) fn new(id: &ConnectorId) -> Self {
        let inbox = Channel::Mailbox(id.clone());
        let state =
            Subscriptions { wanted: HashMap::from([(inbox.clone(), inbox.slot())]), ..Subscriptions::default() };
        Self { state: Mutex::new(state), ..Self::default() }
    }

    pub(super) fn attach(&self, sink: Arc<dyn EventSink>) {
        if self.sink.set(sink).is_err() {
            warn!("event sink already attached; ignored the second one");
        }
    }

    /// Whether events of any conversation arrive.
    pub(super) fn is_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// Whether events of the conversations in `slot` arrive.
    pub(super) fn is_live_in(&self, slot: Slot) -> bool {
        self.live.contains(slot)
    }

    /// The connection to subscribe to `channel` on, with its number.
    pub(super) fn begin_to_subscribe(&self, channel: &Channel) -> Result<(u64, PubSubConnection), Error> {
        let pubsub = self.pubsub(channel.slot())?;
        self.lock().pending.insert(channel.clone());
        Ok(pubsub)
    }

    /// The connection that serves `slot`, with its number.
    pub(super) fn pubsub(&self, slot: Slot) -> Result<(u64, PubSubConnection), Error> {
        let mut state = self.lock();
        if state.is_stopped {
            return Err(Error::Stopped);
        }
        if self.live.contains(slot)
            && let Some((number, subscription)) =
                state.nodes.iter().find(|(_, subscription)| subscription.slots.contains(slot))
            && let Some(pubsub) = &subscription.pubsub
        {
            return Ok((*number, pubsub.clone()));
        }
        // Before the first connection nothing was lost, but callers wait for it as well.
        state.reported_lost.insert(slot);
        Err(lost())
    }

    /// Notes a confirmed subscription, unless it or its connection was lost meanwhile.
    pub(super) fn subscribed(&self, number: u64, channel: &Channel) -> Result<(), Error> {
        let slot = channel.slot();
        let mut state = self.lock();
        let is_with_it = state.nodes.get(&number).is_some_and(|subscription| subscription.slots.contains(slot));
        if !state.pending.remove(channel) || !is_with_it || !self.live.contains(slot) {
            return Err(lost());
        }
        state.wanted.insert(channel.clone(), slot);
        Ok(())
    }

    /// The node has refused the subscription.
    pub(super) fn forget_pending(&self, channel: &Channel) {
        self.lock().pending.remove(channel);
    }

    pub(super) fn unwant(&self, channel: &Channel) {
        self.lock().wanted.remove(channel);
    }

    /// Makes the supervisor check whether `channel` was left subscribed.
    pub(super) fn doubt(&self, channel: Channel) {
        let slot = channel.slot();
        let mut state = self.lock();
        state.pending.remove(&channel);
        if let Some(subscription) = state.nodes.values_mut().find(|subscription| subscription.slots.contains(slot)) {
            subscription.in_flight.push(channel);
            subscription.wakeup.notify_one();
        }
    }

    pub(super) fn take_in_flight(&self, number: u64) -> Vec<Channel> {
        self.lock()
            .nodes
            .get_mut(&number)
            .map(|subscription| std::mem::take(&mut subscription.in_flight))
            .unwrap_or_default()
    }

    pub(super) fn is_wanted(&self, channel: &Channel) -> bool {
        self.lock().wanted.contains_key(channel)
    }

    /// Begins with a new connection, to the node that has `slots`; returns its number and what rings for it.
    pub(super) fn begin(&self, slots: &Slots) -> (u64, Arc<Notify>) {
        let mut state = self.lock();
        state.last += 1;
        let (number, subscription) = (state.last, NodeSubscription::default());
        let wakeup = Arc::clone(&subscription.wakeup);
        state.nodes.insert(number, subscription);
        self.give_slots(&mut state, number, slots);
        (number, wakeup)
    }

    /// The node of the connection `number` has these slots now, and no other one has them.
    pub(super) fn assign(&self, number: u64, slots: &Slots) {
        let mut state = self.lock();
        let Some(subscription) = state.nodes.get(&number) else { return };
        let gone = subscription.slots.without(slots);
        self.take_slots(&mut state, &gone);
        self.give_slots(&mut state, number, slots);
    }

    fn give_slots(&self, state: &mut Subscriptions, number: u64, slots: &Slots) {
        let Some(subscription) = state.nodes.get(&number) else { return };
        let new = slots.without(&subscription.slots);
        if !new.is_empty() {
            self.take_slots(state, &new);
            if let Some(subscription) = state.nodes.get_mut(&number) {
                subscription.slots.insert_all(&new);
                subscription.wakeup.notify_one();
            }
        }
    }

    /// Goes live with what the connection has got, if `subscribed` is exactly what is wanted of it; else returns
    /// the difference.
    pub(super) fn go_live(
        &self,
        number: u64,
        subscribed: &HashSet<Channel>,
        pubsub: &PubSubConnection,
    ) -> Result<(), Difference> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(subscription) = state.nodes.get_mut(&number) else { return Ok(()) };
        let new = subscription.slots.without(&self.live.among(&subscription.slots));
        let wanted = state.wanted.iter().filter(|(_, slot)| new.contains(**slot)).map(|(name, _)| name);
        let wanted: HashSet<_> = wanted.cloned().collect();
        let missing: Vec<_> = wanted.difference(subscribed).cloned().collect();
        let surplus: Vec<_> = subscribed.difference(&wanted).cloned().collect();
        if !missing.is_empty() || !surplus.is_empty() {
            return Err(Difference { missing, surplus });
        }
        subscription.pubsub = Some(pubsub.clone());
        self.live.insert(&new);
        let restored = state.reported_lost.common(&new);
        state.reported_lost.remove_all(&restored);
        if !restored.is_empty() {
            self.notify(Incoming::Restored(&restored));
        }
        Ok(())
    }

    pub(super) fn is_open(&self, number: u64) -> bool {
        self.lock().nodes.contains_key(&number)
    }

    /// The connection `number` is of no use any more.
    pub(super) fn lose(&self, number: u64) {
        self.end(&mut self.lock(), number);
    }

    /// Whatever connection serves `slot`, it is of no use any more.
    pub(super) fn lose_in(&self, slot: Slot) {
        let mut state = self.lock();
        let number =
            state.nodes.iter().find(|(_, subscription)| subscription.slots.contains(slot)).map(|(number, _)| *number);
        if let Some(number) = number {
            self.end(&mut state, number);
        }
    }

    /// The node has reported that it no longer serves `slot`.
    pub(super) fn lose_slot(&self, slot: Slot) {
        self.take_slots(&mut self.lock(), &[slot].into_iter().collect());
        self.stale.notify_one();
    }

    fn end(&self, state: &mut Subscriptions, number: u64) {
        if let Some(subscription) = state.nodes.remove(&number) {
            subscription.wakeup.notify_one();
            self.mark_lost(state, &subscription.slots);
        }
    }

    fn take_slots(&self, state: &mut Subscriptions, slots: &Slots) {
        for subscription in state.nodes.values_mut() {
            subscription.slots.remove_all(slots);
        }
        self.mark_lost(state, slots);
    }

    /// Reports the loss of those of `slots` that were live.
    fn mark_lost(&self, state: &mut Subscriptions, slots: &Slots) {
        let lost = self.live.among(slots);
        if !lost.is_empty() && !state.is_stopped {
            self.live.remove(&lost);
            state.reported_lost.insert_all(&lost);
            self.notify(Incoming::Lost(&lost));
        }
    }

    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.is_stopped = true;
        self.live.remove(&Slots::all());
        state.nodes.clear();
    }

    /// Takes what the connection `number` brought.
    pub(super) fn take(&self, number: u64, push: PushInfo, own: &ConnectorId) {
        let incoming = match PushMessage::read(push, own) {
            Ok(incoming) => incoming,
            Err(reason) => return warn!(%reason, "ignored a malformed pub/sub message"),
        };
        let mut state = self.lock();
        let Some(subscription) = state.nodes.get(&number) else { return };
        match incoming {
            PushMessage::Live { channel, event } => {
                let slot = Slot::of_key(&channel);
                if let Some(conversation) = names::conversation_of(&channel)
                    && subscription.slots.contains(slot)
                    && self.live.contains(slot)
                {
                    self.notify(Incoming::Live { conversation, event });
                }
            }
            PushMessage::Foreign { conversation, payload } => {
                self.notify(Incoming::Foreign { conversation: conversation.as_str(), payload });
            }
            PushMessage::Unsubscribed { channel } => {
                let Some(channel) = Channel::of(&channel) else { return };
                let slot = channel.slot();
                // Not by us, if we want it: the slot has moved to another node.
                if subscription.slots.contains(slot) && state.wanted.contains_key(&channel) {
                    self.take_slots(&mut state, &[slot].into_iter().collect());
                    self.stale.notify_one();
                }
                state.pending.remove(&channel);
            }
            PushMessage::PeerMessage(message) => {
                drop(state);
                self.inbox.put(message);
            }
            PushMessage::Disconnected => self.end(&mut state, number),
            PushMessage::Other => {}
        }
    }

    fn notify(&self, message: Incoming<'_>) {
        if let Some(sink) = self.sink.get() {
            sink.deliver(message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Subscriptions> {
        self.state.lock()
    }
}

pub(super) fn lost() -> Error {
    Error::Unavailable(RedisError::from((redis::ErrorKind::Io, "the subscription is lost")))
}
