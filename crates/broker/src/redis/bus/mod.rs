mod clock;
mod live;
mod message;
mod session;
mod state;
mod supervisor;
mod wire;

use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName, Position};
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio::time::timeout;

use clock::RedisClock;
use state::BusState;

use super::RedisBroker;
use super::names::{self, Channel};
use crate::slots::Slot;
use crate::{Courier, Error, EventBus, EventSink, LoggedEvent, Opened, Reach};

/// How many conversations may be subscribed or unsubscribed at a time.
const TURNS: usize = 64;

/// The event bus of one connector, on a connection of its own to each server.
///
/// It stands while [`RedisBus::run`] runs; until then, and whenever the connection to a
/// conversation's server is lost, subscribing fails.
pub struct RedisBus {
    broker: RedisBroker,
    id: ConnectorId,
    state: Arc<BusState>,
    clock: RedisClock,
    /// Operations on one conversation take turns, so that Redis sees them in the order in which
    /// they are noted here.
    turns: [Mutex<()>; TURNS],
}

impl fmt::Debug for RedisBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBus")
            .field("id", &self.id)
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

impl RedisBus {
    pub(in crate::redis) fn new(broker: RedisBroker, id: ConnectorId) -> Self {
        Self {
            broker,
            state: Arc::new(BusState::new(&id)),
            id,
            clock: RedisClock::default(),
            turns: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    async fn turn(&self, channel: &Channel) -> Result<MutexGuard<'_, ()>, Error> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(channel);
        let index = usize::try_from(hash % TURNS as u64).unwrap_or_default();
        let limit = self.broker.0.servers.settings.response_timeout;
        timeout(limit, self.turns[index].lock()).await.map_err(|_| Error::Timeout(limit))
    }

    async fn leave(&self, channel: &Channel) -> Result<(), Error> {
        let (number, mut wire) = match self.state.wire(channel.slot()) {
            Ok(wire) => wire,
            // Without a connection there is no subscription either.
            Err(Error::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        wire.unsubscribe(std::slice::from_ref(channel)).await.map_err(|error| {
            self.state.lose(number);
            Error::Unavailable(error)
        })
    }
}

#[async_trait]
impl EventBus for RedisBus {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        self.state.attach(sink);
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        let channel = &Channel::Live(conversation.clone());
        let _turn = self.turn(channel).await?;
        let (number, mut wire) = self.state.begin_to_subscribe(channel)?;
        let doubt = Doubt::new(&self.state, channel);
        let outcome = wire.subscribe(std::slice::from_ref(channel)).await;
        doubt.dispel();
        match outcome {
            Ok(elsewhere) if elsewhere.is_empty() => self.state.subscribed(number, channel),
            Ok(elsewhere) => {
                self.state.give_up(channel);
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
                self.state.give_up(channel);
                Err(Error::Unavailable(error))
            }
        }
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        let channel = &Channel::Live(conversation.clone());
        self.state.not_wanted(channel);
        let doubt = Doubt::new(&self.state, channel);
        let turn = self.turn(channel).await;
        // Whoever had the turn may have subscribed.
        self.state.not_wanted(channel);
        let outcome = match turn {
            Ok(_turn) => self.leave(channel).await,
            Err(error) => {
                self.state.lose_in(channel.slot());
                Err(error)
            }
        };
        doubt.dispel();
        outcome
    }

    async fn open(&self, conversation: &ConversationName) -> Result<Opened, Error> {
        self.broker.open(conversation).await
    }

    async fn mark_unheard(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.broker.mark_unheard(conversation, position).await
    }

    async fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        self.broker.read_after(conversation, position, limit).await
    }

    async fn reach(&self, conversation: &ConversationName) -> Result<Reach, Error> {
        self.broker.reach(conversation).await
    }

    fn is_connected(&self) -> bool {
        self.state.is_live()
    }

    fn serves(&self, conversation: &ConversationName) -> bool {
        self.state.is_live_in(Slot::of(conversation))
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }
}

#[async_trait]
impl Courier for RedisBus {
    fn letters(&self) -> mpsc::Receiver<Bytes> {
        self.state.inbox.open()
    }

    async fn send(&self, to: &ConnectorId, letter: &[u8]) -> Result<bool, Error> {
        let name = names::inbox(to);
        let mut invocation = self.broker.0.scripts.send.key(&name);
        invocation.arg(letter);
        let receivers: u64 = self.broker.invoke(Slot::of_key(&name), &invocation).await?;
        Ok(receivers > 0)
    }
}

/// Tells the supervisor if an operation is dropped before Redis has confirmed it.
struct Doubt<'a> {
    state: &'a BusState,
    channel: Option<&'a Channel>,
}

impl<'a> Doubt<'a> {
    fn new(state: &'a BusState, channel: &'a Channel) -> Self {
        Self { state, channel: Some(channel) }
    }

    fn dispel(mut self) {
        self.channel = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(channel) = self.channel {
            self.state.doubt(channel.clone());
        }
    }
}
