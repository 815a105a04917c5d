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
use event::{ConnectorId, ConversationName, Position};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use clock::RedisClock;
use state::BusState;

use super::RedisBroker;
use crate::slots::Slot;
use crate::{Error, EventBus, EventSink, LoggedEvent, Opened, Reach};

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
            id,
            state: Arc::default(),
            clock: RedisClock::default(),
            turns: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    async fn turn(&self, conversation: &ConversationName) -> Result<MutexGuard<'_, ()>, Error> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(conversation);
        let index = usize::try_from(hash % TURNS as u64).unwrap_or_default();
        let limit = self.broker.0.servers.settings.response_timeout;
        timeout(limit, self.turns[index].lock()).await.map_err(|_| Error::Timeout(limit))
    }

    async fn leave(&self, conversation: &ConversationName) -> Result<(), Error> {
        let (number, mut wire) = match self.state.wire(Slot::of(conversation)) {
            Ok(wire) => wire,
            // Without a connection there is no subscription either.
            Err(Error::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        wire.unsubscribe(std::slice::from_ref(conversation)).await.map_err(|error| {
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
        let _turn = self.turn(conversation).await?;
        let (number, mut wire) = self.state.wire(Slot::of(conversation))?;
        let doubt = Doubt::new(&self.state, conversation);
        let outcome = wire.subscribe(std::slice::from_ref(conversation)).await;
        doubt.dispel();
        match outcome {
            Ok(elsewhere) if elsewhere.is_empty() => self.state.subscribed(number, conversation),
            Ok(elsewhere) => {
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
                Err(Error::Unavailable(error))
            }
        }
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.state.not_wanted(conversation);
        let doubt = Doubt::new(&self.state, conversation);
        let turn = self.turn(conversation).await;
        // Whoever had the turn may have subscribed.
        self.state.not_wanted(conversation);
        let outcome = match turn {
            Ok(_turn) => self.leave(conversation).await,
            Err(error) => {
                self.state.lose_in(Slot::of(conversation));
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

/// Tells the supervisor if an operation is dropped before Redis has confirmed it.
struct Doubt<'a> {
    state: &'a BusState,
    conversation: Option<&'a ConversationName>,
}

impl<'a> Doubt<'a> {
    fn new(state: &'a BusState, conversation: &'a ConversationName) -> Self {
        Self { state, conversation: Some(conversation) }
    }

    fn dispel(mut self) {
        self.conversation = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(conversation) = self.conversation {
            self.state.doubt(conversation.clone());
        }
    }
}
