mod clock;
mod live;
mod message;
mod pubsub;
mod state;
mod subscription;
mod supervisor;

use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName};
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio::time::timeout;

use clock::RedisClock;
use state::SubscriptionState;

use super::RedisBroker;
use super::names::{self, Channel};
use crate::slots::Slot;
use crate::{Error, EventSink, Messenger, Subscriber};

/// How many conversations may be subscribed or unsubscribed at a time.
const TURNS: usize = 64;

/// The subscriber of one connector, on a connection of its own to each node.
///
/// It stands while [`RedisSubscriber::run`] runs; until then, and whenever the connection to a
/// conversation's node is lost, subscribing fails.
pub struct RedisSubscriber {
    broker: RedisBroker,
    id: ConnectorId,
    state: Arc<SubscriptionState>,
    clock: RedisClock,
    /// Operations on one conversation take turns, so that Redis sees them in the order in which
    /// they are noted here.
    turns: [Mutex<()>; TURNS],
}

impl fmt::Debug for RedisSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSubscriber")
            .field("id", &self.id)
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

impl RedisSubscriber {
    pub(in crate::redis) fn new(broker: RedisBroker, id: ConnectorId) -> Self {
        Self {
            broker,
            state: Arc::new(SubscriptionState::new(&id)),
            id,
            clock: RedisClock::default(),
            turns: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    async fn turn(&self, channel: &Channel) -> Result<MutexGuard<'_, ()>, Error> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(channel);
        let index = usize::try_from(hash % TURNS as u64).unwrap_or_default();
        let limit = self.broker.0.nodes.settings.response_timeout;
        timeout(limit, self.turns[index].lock()).await.map_err(|_| Error::Timeout(limit))
    }

    async fn leave(&self, channel: &Channel) -> Result<(), Error> {
        let (number, mut pubsub) = match self.state.pubsub(channel.slot()) {
            Ok(pubsub) => pubsub,
            // Without a connection there is no subscription either.
            Err(Error::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        pubsub.unsubscribe(std::slice::from_ref(channel)).await.map_err(|error| {
            self.state.lose(number);
            Error::Unavailable(error)
        })
    }
}

#[async_trait]
impl Subscriber for RedisSubscriber {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        self.state.attach(sink);
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        let channel = &Channel::Live(conversation.clone());
        let _turn = self.turn(channel).await?;
        let (number, mut pubsub) = self.state.begin_to_subscribe(channel)?;
        let doubt = InFlightGuard::new(&self.state, channel);
        let outcome = pubsub.subscribe(std::slice::from_ref(channel)).await;
        doubt.disarm();
        match outcome {
            Ok(elsewhere) if elsewhere.is_empty() => self.state.subscribed(number, channel),
            Ok(elsewhere) => {
                self.state.forget_pending(channel);
                for slot in elsewhere {
                    self.state.lose_slot(slot);
                }
                Err(state::lost())
            }
            Err(error) => {
                // A refusal, for want of a permission, leaves the connection as it was.
                if error.is_unrecoverable_error() || error.is_io_error() {
                    self.state.lose(number);
                }
                self.state.forget_pending(channel);
                Err(Error::Unavailable(error))
            }
        }
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        let channel = &Channel::Live(conversation.clone());
        self.state.unwant(channel);
        let doubt = InFlightGuard::new(&self.state, channel);
        let turn = self.turn(channel).await;
        // The holder of the turn may have subscribed.
        self.state.unwant(channel);
        let outcome = match turn {
            Ok(_turn) => self.leave(channel).await,
            Err(error) => {
                self.state.lose_in(channel.slot());
                Err(error)
            }
        };
        doubt.disarm();
        outcome
    }

    fn is_connected(&self) -> bool {
        self.state.is_live()
    }

    fn is_live(&self, conversation: &ConversationName) -> bool {
        self.state.is_live_in(Slot::of(conversation))
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }
}

#[async_trait]
impl Messenger for RedisSubscriber {
    fn peer_messages(&self) -> mpsc::Receiver<Bytes> {
        self.state.inbox.open()
    }

    async fn send(&self, to: &ConnectorId, message: &[u8]) -> Result<bool, Error> {
        let name = names::inbox(to);
        let mut invocation = self.broker.0.scripts.send.key(&name);
        invocation.arg(message);
        let receivers: u64 = self.broker.invoke(Slot::of_key(&name), &invocation).await?;
        Ok(receivers > 0)
    }
}

/// Notes an operation that is dropped before Redis has confirmed it.
struct InFlightGuard<'a> {
    state: &'a SubscriptionState,
    channel: Option<&'a Channel>,
}

impl<'a> InFlightGuard<'a> {
    fn new(state: &'a SubscriptionState, channel: &'a Channel) -> Self {
        Self { state, channel: Some(channel) }
    }

    fn disarm(mut self) {
        self.channel = None;
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if let Some(channel) = self.channel {
            self.state.doubt(channel.clone());
        }
    }
}
