use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use event::{ConnectorId, ConversationName, Position};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::conversation::Conversation;
use super::expiring::Expiring;
use crate::mailbox::Mailbox;
use crate::{EventSink, Incoming, LogBounds, LogHead, LoggedEvent, NewEvent, QuarantinedMessage, Recorded, Retention};

/// How many malformed messages are kept.
const QUARANTINED: usize = 1_000;

/// The sink of one connector.
pub(super) type SinkSlot = Arc<OnceLock<Arc<dyn EventSink>>>;

/// Everything that Redis would hold.
pub(super) struct Store {
    retention: Retention,
    inner: Mutex<Contents>,
}

#[derive(Default)]
pub(super) struct Contents {
    pub(super) keys: Expiring<String, Bytes>,
    conversations: Expiring<ConversationName, Conversation>,
    subscribers: HashMap<ConversationName, Vec<SinkSlot>>,
    quarantine: VecDeque<Quarantined>,
    pub(super) mailboxes: HashMap<ConnectorId, Arc<Mailbox>>,
    /// The position of the last event of any conversation. The next one is greater, also when the
    /// clock was set back and the conversation forgotten meanwhile.
    latest: Position,
}

/// A malformed message, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// On which path it came.
    pub kind: event::EventKind,
    /// Pub/Sub's message id, or empty.
    pub message_id: String,
    /// Why it cannot be delivered.
    pub reason: String,
    /// The beginning of the push request's body.
    pub body: Bytes,
}

impl Store {
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, inner: Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Contents> {
        self.inner.lock()
    }

    /// Records an event and passes it to the subscribers, under one lock: they receive the events of a
    /// conversation in the order of its log.
    pub(super) fn record(&self, event: &NewEvent) -> Recorded {
        let now = Instant::now();
        let ends = now + self.time();
        let mut inner = self.lock();
        let inner = &mut *inner;
        let kept = inner.conversations.get_mut(&event.conversation, now);
        if kept.is_some_and(|conversation| !conversation.note(event.fingerprint, now, self.time())) {
            return Recorded::Duplicate;
        }
        let conversation = inner.conversations.extend(&event.conversation, now, ends);
        conversation.note(event.fingerprint, now, self.time());
        inner.latest = following(inner.latest);
        let logged = conversation.append(event.payload.clone(), inner.latest, self.retention.events);
        let subscribers = inner.subscribers.get(&event.conversation).map_or(&[][..], Vec::as_slice);
        if subscribers.is_empty() {
            conversation.mark_undelivered(logged.position, now, ends);
        }
        notify(subscribers, &event.conversation, &logged);
        Recorded::Accepted { position: logged.position, receivers: subscribers.len() as u64 }
    }

    pub(super) fn open(&self, conversation: &ConversationName) -> LogHead {
        let now = Instant::now();
        let ends = now + self.time();
        let nothing = LogHead { undelivered: None, tail: Position::START, claimed: None };
        self.lock().conversations.get_mut(conversation, now).map_or(nothing, |kept| kept.open(now, ends))
    }

    pub(super) fn mark_undelivered(&self, conversation: &ConversationName, position: Position) {
        let now = Instant::now();
        let ends = now + self.time();
        self.lock().conversations.extend(conversation, now, ends).mark_undelivered(position, now, ends);
    }

    pub(super) fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Vec<LoggedEvent> {
        let inner = self.lock();
        inner
            .conversations
            .get(conversation, Instant::now())
            .map_or_else(Vec::new, |kept| kept.read_after(position, limit))
    }

    pub(super) fn bounds(&self, conversation: &ConversationName) -> LogBounds {
        let inner = self.lock();
        let kept = inner.conversations.get(conversation, Instant::now());
        kept.map_or(LogBounds { first: None, full: false }, |kept| kept.bounds(self.retention.events))
    }

    /// The time of the next position, Unix time in milliseconds.
    pub(super) fn clock(&self) -> u64 {
        following(self.lock().latest).millis
    }

    pub(super) fn subscribe(&self, conversation: &ConversationName, sink: &SinkSlot) {
        let mut inner = self.lock();
        let subscribers = inner.subscribers.entry(conversation.clone()).or_default();
        if !subscribers.iter().any(|known| Arc::ptr_eq(known, sink)) {
            subscribers.push(Arc::clone(sink));
        }
    }

    pub(super) fn unsubscribe(&self, conversation: &ConversationName, sink: &SinkSlot) {
        let mut inner = self.lock();
        if let Some(subscribers) = inner.subscribers.get_mut(conversation) {
            subscribers.retain(|known| !Arc::ptr_eq(known, sink));
            if subscribers.is_empty() {
                inner.subscribers.remove(conversation);
            }
        }
    }

    pub(super) fn forget(&self, sink: &SinkSlot) {
        self.lock().subscribers.retain(|_, subscribers| {
            subscribers.retain(|known| !Arc::ptr_eq(known, sink));
            !subscribers.is_empty()
        });
    }

    pub(super) fn quarantine(&self, message: &QuarantinedMessage<'_>) {
        let message = message.truncated();
        let mut inner = self.lock();
        if inner.quarantine.len() == QUARANTINED {
            inner.quarantine.pop_front();
        }
        inner.quarantine.push_back(Quarantined {
            kind: message.kind,
            message_id: message.message_id.to_owned(),
            reason: message.reason.to_owned(),
            body: Bytes::copy_from_slice(message.body),
        });
    }

    pub(super) fn quarantined(&self) -> Vec<Quarantined> {
        self.lock().quarantine.iter().cloned().collect()
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.retention.time.as_secs().max(1))
    }
}

fn notify(subscribers: &[SinkSlot], conversation: &ConversationName, event: &LoggedEvent) {
    for sink in subscribers.iter().filter_map(|sink| sink.get()) {
        sink.deliver(Incoming::Live { conversation: conversation.as_str(), event: event.clone() });
    }
}

/// The position of an event now, given that of the one before.
fn following(latest: Position) -> Position {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    if millis > latest.millis {
        Position { millis, sequence: 0 }
    } else {
        Position { sequence: latest.sequence + 1, ..latest }
    }
}
