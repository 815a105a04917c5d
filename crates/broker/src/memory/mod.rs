//! The broker within one process: no Redis, no persistence, the same promises while it runs.

mod conversation;
mod expiring;
mod store;
mod subscriber;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName, Position};
use tokio::time::Instant;

pub use store::Quarantined;
pub use subscriber::MemorySubscriber;

use crate::{
    Error, KeyValue, LogBounds, LogHead, LogReader, LoggedEvent, NewEvent, Publisher, QuarantinedMessage, Recorded,
    Retention,
};
use store::Store;

/// Logs and small values in memory. Creates subscribers, too. Clones share the content.
#[derive(Clone)]
pub struct MemoryBroker(Arc<Store>);

impl fmt::Debug for MemoryBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBroker").finish_non_exhaustive()
    }
}

impl MemoryBroker {
    /// An empty broker. It runs no tasks.
    pub fn new(retention: Retention) -> Self {
        Self(Arc::new(Store::new(retention)))
    }

    /// Creates the subscriber of a connector. Its subscriptions end when it is dropped.
    pub fn subscriber(&self, id: ConnectorId) -> MemorySubscriber {
        MemorySubscriber::new(Arc::clone(&self.0), id)
    }

    /// The malformed messages that are kept, oldest first.
    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.0.quarantined()
    }
}

#[async_trait]
impl Publisher for MemoryBroker {
    async fn record(&self, event: &NewEvent) -> Result<Recorded, Error> {
        Ok(self.0.record(event))
    }

    async fn quarantine(&self, message: &QuarantinedMessage<'_>) -> Result<(), Error> {
        self.0.quarantine(message);
        Ok(())
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[async_trait]
impl LogReader for MemoryBroker {
    async fn open(&self, conversation: &ConversationName) -> Result<LogHead, Error> {
        Ok(self.0.open(conversation))
    }

    async fn mark_undelivered(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.0.mark_undelivered(conversation, position);
        Ok(())
    }

    async fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        Ok(self.0.read_after(conversation, position, limit))
    }

    async fn bounds(&self, conversation: &ConversationName) -> Result<LogBounds, Error> {
        Ok(self.0.bounds(conversation))
    }
}

#[async_trait]
impl KeyValue for MemoryBroker {
    async fn claim(
        &self,
        conversation: &ConversationName,
        connector: &ConnectorId,
        ttl: Duration,
    ) -> Result<(), Error> {
        self.set(conversation.as_str(), connector.as_str().as_bytes(), ttl).await
    }

    async fn renew(
        &self,
        conversations: &[ConversationName],
        connector: &ConnectorId,
        ttl: Duration,
    ) -> Result<(), Error> {
        let now = Instant::now();
        for conversation in conversations {
            let keys = &mut self.0.lock().keys;
            match keys.get(conversation.as_str(), now) {
                Some(value) if value != connector.as_str().as_bytes() => {}
                _ => {
                    let value = Bytes::copy_from_slice(connector.as_str().as_bytes());
                    keys.insert(conversation.to_string(), value, now, end(now, ttl));
                }
            }
        }
        Ok(())
    }

    async fn release(&self, conversation: &ConversationName, connector: &ConnectorId) -> Result<(), Error> {
        let now = Instant::now();
        let keys = &mut self.0.lock().keys;
        if keys.get(conversation.as_str(), now).is_some_and(|value| value == connector.as_str().as_bytes()) {
            keys.remove(conversation.as_str(), now);
        }
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        Ok(self.0.lock().keys.get(key, Instant::now()).cloned())
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Error> {
        let now = Instant::now();
        self.0.lock().keys.insert(key.to_owned(), Bytes::copy_from_slice(value), now, end(now, ttl));
        Ok(())
    }

    async fn set_all(&self, entries: &[(String, String)], ttl: Duration) -> Result<(), Error> {
        for (key, value) in entries {
            self.set(key, value.as_bytes(), ttl).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<bool, Error> {
        Ok(self.0.lock().keys.remove(key, Instant::now()).is_some())
    }
}

/// When something set now ends; a year from now at the latest, lest the addition overflow.
fn end(now: Instant, ttl: Duration) -> Instant {
    now + ttl.min(Duration::from_hours(365 * 24))
}
