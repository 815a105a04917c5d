use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use event::ConversationName;
use redis::{PushInfo, RedisError};
use tokio::sync::Notify;
use tracing::warn;

use super::message::Incoming;
use super::names;
use super::wire::Wire;
use crate::{BusMessage, Error, EventSink};

/// What the bus knows about its subscriptions, shared by its users, its supervisor and the task
/// that reads the connection. Everything the sink hears is told under the one lock, hence in order.
#[derive(Default)]
pub(super) struct BusState {
    sink: OnceLock<Arc<dyn EventSink>>,
    /// A copy of [`State::stage`], so that a sink may ask.
    live: AtomicBool,
    state: Mutex<State>,
    /// Rings when the supervisor has something to look after.
    pub(super) bell: Notify,
}

#[derive(Default)]
struct State {
    /// Numbers the connections. Messages of former ones are not heard any more.
    epoch: u64,
    stage: Stage,
    /// The sink has been told of a loss, or a user that there is no connection, and nobody yet of its end.
    told_lost: bool,
    /// What is, or is to be, subscribed.
    wanted: HashSet<ConversationName>,
    /// What may have been left subscribed because nobody waited for the end of the operation.
    doubtful: Vec<ConversationName>,
}

#[derive(Default)]
enum Stage {
    #[default]
    Down,
    /// Subscribing again. The log will tell what passes meanwhile, so live events are not heard yet.
    Restoring,
    Live(Wire),
    Stopped,
}

/// What separates the server's subscriptions from the wanted ones.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) missing: Vec<ConversationName>,
    pub(super) surplus: Vec<ConversationName>,
}

impl BusState {
    pub(super) fn attach(&self, sink: Arc<dyn EventSink>) {
        if self.sink.set(sink).is_err() {
            warn!("the bus has a sink already; the second one hears nothing");
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }

    /// The connection to subscribe on, with its number.
    pub(super) fn wire(&self) -> Result<(u64, Wire), Error> {
        let mut state = self.lock();
        match &state.stage {
            Stage::Live(wire) => Ok((state.epoch, wire.clone())),
            Stage::Stopped => Err(Error::Stopped),
            Stage::Down | Stage::Restoring => {
                // Before the first connection nothing was lost, but they wait for it all the same.
                state.told_lost = true;
                Err(lost())
            }
        }
    }

    /// Notes a confirmed subscription, unless its connection was lost meanwhile.
    pub(super) fn subscribed(&self, epoch: u64, conversation: &ConversationName) -> Result<(), Error> {
        let mut state = self.lock();
        if state.epoch != epoch || !matches!(state.stage, Stage::Live(_)) {
            return Err(lost());
        }
        state.wanted.insert(conversation.clone());
        Ok(())
    }

    pub(super) fn not_wanted(&self, conversation: &ConversationName) {
        self.lock().wanted.remove(conversation);
    }

    /// Has the supervisor look whether `conversation` was left subscribed.
    pub(super) fn doubt(&self, conversation: ConversationName) {
        self.lock().doubtful.push(conversation);
        self.bell.notify_one();
    }

    pub(super) fn take_doubtful(&self) -> Vec<ConversationName> {
        std::mem::take(&mut self.lock().doubtful)
    }

    pub(super) fn is_wanted(&self, conversation: &ConversationName) -> bool {
        self.lock().wanted.contains(conversation)
    }

    /// Begins with a new connection; returns its number.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.epoch += 1;
        state.stage = Stage::Restoring;
        // A new connection has no subscriptions that could have been left over.
        state.doubtful.clear();
        state.epoch
    }

    /// Goes live if `subscribed` is exactly what is wanted; else tells the difference.
    pub(super) fn go_live(
        &self,
        epoch: u64,
        subscribed: &HashSet<ConversationName>,
        wire: &Wire,
    ) -> Result<(), Difference> {
        let mut state = self.lock();
        if state.epoch != epoch || !matches!(state.stage, Stage::Restoring) {
            return Ok(());
        }
        let missing: Vec<_> = state.wanted.difference(subscribed).cloned().collect();
        let surplus: Vec<_> = subscribed.difference(&state.wanted).cloned().collect();
        if !missing.is_empty() || !surplus.is_empty() {
            return Err(Difference { missing, surplus });
        }
        state.stage = Stage::Live(wire.clone());
        self.live.store(true, Ordering::Release);
        if std::mem::take(&mut state.told_lost) {
            self.tell(BusMessage::Restored);
        }
        Ok(())
    }

    /// The connection `epoch` is of no use any more.
    pub(super) fn lose(&self, epoch: u64) {
        let mut state = self.lock();
        if state.epoch == epoch {
            self.go_down(&mut state);
        }
    }

    /// Whatever connection there is, it is of no use any more.
    pub(super) fn lose_current(&self) {
        self.go_down(&mut self.lock());
    }

    fn go_down(&self, state: &mut State) {
        if matches!(state.stage, Stage::Stopped) {
            return;
        }
        self.live.store(false, Ordering::Release);
        if matches!(std::mem::take(&mut state.stage), Stage::Live(_)) {
            state.told_lost = true;
            self.tell(BusMessage::Lost);
        }
        self.bell.notify_one();
    }

    pub(super) fn stop(&self) {
        self.live.store(false, Ordering::Release);
        self.lock().stage = Stage::Stopped;
    }

    /// Takes what the connection `epoch` brought.
    pub(super) fn take(&self, epoch: u64, push: PushInfo, own_prefix: &str) {
        let incoming = match Incoming::read(push, own_prefix) {
            Ok(incoming) => incoming,
            Err(reason) => return warn!(%reason, "left out a message on a channel of Redis"),
        };
        let mut state = self.lock();
        if state.epoch != epoch || matches!(state.stage, Stage::Down | Stage::Stopped) {
            return;
        }
        match incoming {
            Incoming::Live { channel, event } if matches!(state.stage, Stage::Live(_)) => {
                if let Some(conversation) = names::conversation_of(&channel) {
                    self.tell(BusMessage::Live { conversation, event });
                }
            }
            Incoming::Foreign { conversation, payload } => {
                self.tell(BusMessage::Foreign { conversation: conversation.as_str(), payload });
            }
            Incoming::Disconnected => self.go_down(&mut state),
            Incoming::Live { .. } | Incoming::Other => {}
        }
    }

    fn tell(&self, message: BusMessage<'_>) {
        if let Some(sink) = self.sink.get() {
            sink.deliver(message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost() -> Error {
    Error::Unavailable(RedisError::from((redis::ErrorKind::Io, "the subscription is lost")))
}
