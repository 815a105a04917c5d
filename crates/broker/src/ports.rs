use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName, EventKind, Fingerprint, Payload, Position};

use crate::{Error, Slots};

/// An event that the interceptor hands over.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The conversation.
    pub conversation: ConversationName,
    /// Distinguishes a redelivery of Pub/Sub from a new message.
    pub fingerprint: Fingerprint,
    /// What the desktops receive.
    pub payload: Payload,
}

/// The result of recording a [`NewEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log; `receivers` connectors received it live.
    Accepted {
        /// Its position in the log.
        position: Position,
        /// Number of subscribed connectors; 0 if it waits for the first desktop.
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

/// Records events.
///
/// Every operation of this and the other ports ends within a few seconds, whatever the store does:
/// well below the shortest time after which Pub/Sub delivers again, 10 s.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Appends the event to its conversation's log and publishes it, in one atomic step,
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
    /// Its position in the log.
    pub position: Position,
    /// What the desktops receive.
    pub payload: Payload,
}

/// What a connector learns when it opens a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// The first undelivered event. It is handed out once.
    pub undelivered: Option<Position>,
    /// The last event in the log; [`Position::START`] if there is none.
    pub tail: Position,
    /// The oldest mark that was handed out within the retention time, now or before: its desktop may have
    /// lost the connection before it received the events after the mark.
    pub claimed: Option<Position>,
}

/// How far back a log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogBounds {
    /// The first event that it still holds; nothing if it is empty, has ended, or was lost.
    pub first: Option<Position>,
    /// It is as long as it may get, so events before the first one may have been dropped.
    pub full: bool,
}

/// A message of a subscriber.
#[derive(Debug)]
pub enum Incoming<'a> {
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
    /// The subscriptions to the conversations in these slots were lost: events may be missed from now on.
    /// No live event of theirs comes before [`Incoming::Restored`]; foreign ones may.
    Lost(&'a Slots),
    /// All subscriptions in these slots stand again; what passed meanwhile is in the log. Comes once after each
    /// loss, and once after the first connection if a subscription failed for want of it.
    Restored(&'a Slots),
}

/// Receives the messages of a subscriber. Called in order, never twice at a time, by the task that reads
/// the connection, supervises it or (in memory) records the event; must not block. Slowness here
/// becomes back-pressure on that connection, not a growing queue.
pub trait EventSink: Send + Sync {
    /// Takes one message.
    fn deliver(&self, message: Incoming<'_>);
}

/// The log of each conversation, as connectors read it.
#[async_trait]
pub trait LogReader: Send + Sync {
    /// Takes the undelivered mark and reads the end of the log, in one atomic step. Called after the conversation was
    /// subscribed, so that an event is either delivered live or, before, marked.
    async fn open(&self, conversation: &ConversationName) -> Result<LogHead, Error>;
    /// Sets the undelivered mark to `position`, unless an earlier one is set.
    async fn mark_undelivered(&self, conversation: &ConversationName, position: Position) -> Result<(), Error>;
    /// Returns the first `limit` events after `position`, in order.
    async fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error>;
    /// Returns how far back the log goes at this moment.
    async fn bounds(&self, conversation: &ConversationName) -> Result<LogBounds, Error>;
}

/// Subscriptions to the live channels of conversations.
#[async_trait]
pub trait Subscriber: Send + Sync {
    /// Sets the receiver of the messages. Called once, before the first subscription.
    fn attach(&self, sink: std::sync::Arc<dyn EventSink>);
    /// Subscribes to a conversation. When this returns, every event recorded from now on is delivered
    /// or reported as [`Incoming::Lost`]. While the connection is lost it fails. After an error,
    /// or if the future is dropped, the conversation is not subscribed.
    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error>;
    /// Ends a subscription. After an error the connection counts as lost and the conversation is not
    /// subscribed again.
    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error>;
    /// Whether live events of any conversation arrive.
    fn is_connected(&self) -> bool;
    /// Whether live events of this conversation arrive once it is subscribed.
    fn is_live(&self, conversation: &ConversationName) -> bool;
    /// Returns the time of the clock that makes the positions, or somewhat less: an event recorded from
    /// now on has no smaller position. Unix time, milliseconds.
    fn now(&self) -> u64;
}

/// Messages between connectors, delivered at most once, in no particular order.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Returns the messages that arrive from now on. Further ones are dropped while 1,024 wait to be read.
    fn peer_messages(&self) -> tokio::sync::mpsc::Receiver<Bytes>;
    /// Sends a message. Returns whether a connector received it.
    async fn send(&self, to: &ConnectorId, message: &[u8]) -> Result<bool, Error>;
}

/// Small values with a lifetime.
#[async_trait]
pub trait KeyValue: Send + Sync {
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
    /// Deletes `key`. Returns whether it existed.
    async fn delete(&self, key: &str) -> Result<bool, Error>;
}
