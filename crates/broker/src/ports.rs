use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName, EventKind, Fingerprint, Payload, Position};

use crate::{Error, Slots};

/// An event that the interceptor hands over.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Whose event it is.
    pub conversation: ConversationName,
    /// By which Pub/Sub's redelivery is told from a new message.
    pub fingerprint: Fingerprint,
    /// What the desktops get.
    pub payload: Payload,
}

/// What became of a [`NewEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log; `receivers` connectors heard it at once.
    Accepted {
        /// Its place in the conversation.
        position: Position,
        /// How many connectors were listening, 0 if it waits for the first desktop.
        receivers: u64,
    },
    /// It was recorded before, within the retention time.
    Duplicate,
}

/// Bytes of a quarantined body, and of each of the texts beside it, that are kept.
const KEPT_BODY: usize = 64 * 1024;
const KEPT_TEXT: usize = 1024;

/// A message that can never become an event, kept for the operator.
#[derive(Debug, Clone)]
pub struct QuarantinedMessage<'a> {
    /// On which path it came.
    pub kind: EventKind,
    /// Pub/Sub's message id, or empty. Only its first 1 KiB is kept.
    pub message_id: &'a str,
    /// Why it cannot be delivered. Only its first 1 KiB is kept.
    pub reason: &'a str,
    /// The body of the push request. Only its first 64 KiB are kept.
    pub body: &'a [u8],
}

impl<'a> QuarantinedMessage<'a> {
    /// The message as far as it is kept.
    pub(crate) fn truncated(&self) -> Self {
        let text = |text: &'a str| &text[..text.floor_char_boundary(KEPT_TEXT)];
        Self {
            kind: self.kind,
            message_id: text(self.message_id),
            reason: text(self.reason),
            body: &self.body[..self.body.len().min(KEPT_BODY)],
        }
    }
}

/// What the interceptor needs: the durable side of an event.
///
/// Every operation of this and the other ports ends within a few seconds, whatever the store does:
/// well below the shortest time after which Pub/Sub delivers again, 10 s.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends the event to its conversation's log and tells the connectors, in one atomic step,
    /// unless it was recorded before.
    async fn record(&self, event: &NewEvent) -> Result<Recorded, Error>;
    /// Keeps a message that can never be delivered, among the last 1,000 or so.
    async fn quarantine(&self, message: &QuarantinedMessage<'_>) -> Result<(), Error>;
    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}

/// An event as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its place in the conversation.
    pub position: Position,
    /// What the desktops get.
    pub payload: Payload,
}

/// What a connector learns when it begins to serve a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The first event that nobody heard, taken: it is handed out once.
    pub unheard: Option<Position>,
    /// The last event in the log; [`Position::START`] if there is none.
    pub tail: Position,
    /// The oldest mark that was taken within the retention time, now or before: whoever took it may have
    /// lost its connection before it got what the mark leads to.
    pub taken: Option<Position>,
}

/// How far back a log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The first event that it still holds; nothing if it is empty, has ended, or was lost.
    pub first: Option<Position>,
    /// It is as long as it may get, so events before the first one may have been dropped.
    pub full: bool,
}

/// What the bus tells the hub.
#[derive(Debug)]
pub enum BusMessage<'a> {
    /// An event of a subscribed conversation.
    Live {
        /// Canonical name of the conversation.
        conversation: &'a str,
        /// The event.
        event: LoggedEvent,
    },
    /// An event from an interceptor of the original, published to this connector's own channel.
    /// It is in no log and has no position.
    Foreign {
        /// Canonical name of the conversation.
        conversation: &'a str,
        /// The event.
        payload: Payload,
    },
    /// The subscriptions to the conversations in these slots were lost: events may pass unheard from now on.
    /// No live event of theirs comes before [`BusMessage::Restored`]; foreign ones may.
    Lost(&'a Slots),
    /// All subscriptions in these slots stand again; what passed meanwhile is in the log. Comes once after each
    /// loss, and once after the first connection if a subscription failed for want of it.
    Restored(&'a Slots),
}

/// Who receives what the bus brings. Called in order, never twice at a time, by the task that reads
/// the connection, supervises it or (in memory) records the event; must not block. Slowness here
/// becomes back-pressure on that connection, not a growing queue.
pub trait EventSink: Send + Sync {
    /// Takes one message.
    fn deliver(&self, message: BusMessage<'_>);
}

/// What the hub needs: live events, and the log behind them.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Names who receives the messages. Called once, before the first subscription.
    fn attach(&self, sink: std::sync::Arc<dyn EventSink>);
    /// Listens to a conversation. When this returns, every event recorded from now on is delivered
    /// or announced as [`BusMessage::Lost`]. While the connection is lost it fails. After an error,
    /// or if the future is dropped, the conversation is not subscribed.
    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error>;
    /// Listens no longer. After an error the connection counts as lost and the conversation is not
    /// subscribed again.
    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error>;
    /// Takes the unheard mark and reads the end of the log, in one atomic step.
    async fn open(&self, conversation: &ConversationName) -> Result<Opened, Error>;
    /// Sets the unheard mark to `position`, unless an earlier one is set.
    async fn mark_unheard(&self, conversation: &ConversationName, position: Position) -> Result<(), Error>;
    /// The first `limit` events after `position`, in order.
    async fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error>;
    /// How far back the log goes, at this moment.
    async fn reach(&self, conversation: &ConversationName) -> Result<Reach, Error>;
    /// Whether subscriptions stand, of any conversation.
    fn is_connected(&self) -> bool;
    /// Whether subscriptions to this conversation stand.
    fn serves(&self, conversation: &ConversationName) -> bool;
    /// What time it is by the clock that makes the positions, or somewhat less: an event recorded from
    /// now on has no smaller position. Unix time, milliseconds.
    fn now(&self) -> u64;
}

/// Brings letters from connector to connector: at most once, in no promised order.
#[async_trait]
pub trait Courier: Send + Sync {
    /// What comes from now on. Letters are dropped while 1,024 wait to be read.
    fn letters(&self) -> tokio::sync::mpsc::Receiver<Bytes>;
    /// Sends a letter; tells whether anybody got it.
    async fn send(&self, to: &ConnectorId, letter: &[u8]) -> Result<bool, Error>;
}

/// Small values with a lifetime.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Writes the mapping key: `conversation` is served by `connector`.
    async fn claim(&self, conversation: &ConversationName, connector: &ConnectorId, ttl: Duration)
    -> Result<(), Error>;
    /// Extends the mapping keys that name `connector` and claims those that have vanished; a key
    /// that names another connector stays as it is.
    async fn renew(
        &self,
        conversations: &[ConversationName],
        connector: &ConnectorId,
        ttl: Duration,
    ) -> Result<(), Error>;
    /// Deletes the mapping key if it still names `connector`.
    async fn release(&self, conversation: &ConversationName, connector: &ConnectorId) -> Result<(), Error>;
    /// The value of `key`.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, Error>;
    /// Sets `key` for `ttl`.
    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Error>;
    /// Sets many keys for `ttl`. After an error some of them may be set.
    async fn set_all(&self, entries: &[(String, String)], ttl: Duration) -> Result<(), Error>;
    /// Deletes `key`; tells whether it was there.
    async fn delete(&self, key: &str) -> Result<bool, Error>;
}
