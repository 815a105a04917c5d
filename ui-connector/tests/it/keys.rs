//! The keys in memory, with the troubles of a network.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use broker::{Error, KeyValue, MemoryBroker};
use bytes::Bytes;
use event::{ConnectorId, ConversationName};

use crate::gate::Gate;

pub(crate) struct FaultyKeys {
    broker: MemoryBroker,
    failing: AtomicBool,
    /// Held before and after a renewal takes effect.
    pub(crate) renewal: Gate,
    pub(crate) renewed: Gate,
}

impl FaultyKeys {
    pub(crate) fn new(broker: MemoryBroker) -> Self {
        Self { broker, failing: AtomicBool::new(false), renewal: Gate::default(), renewed: Gate::default() }
    }

    /// Whether everything fails from now on.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Error> {
        if self.failing.load(Ordering::SeqCst) { Err(Error::Timeout(Duration::ZERO)) } else { Ok(()) }
    }
}

#[async_trait]
impl KeyValue for FaultyKeys {
    async fn claim(&self, name: &ConversationName, connector: &ConnectorId, ttl: Duration) -> Result<(), Error> {
        self.check()?;
        self.broker.claim(name, connector, ttl).await
    }

    async fn renew(&self, names: &[ConversationName], connector: &ConnectorId, ttl: Duration) -> Result<(), Error> {
        self.renewal.pass().await;
        self.check()?;
        // Long enough to be found, unless it is deleted.
        let result = self.broker.renew(names, connector, ttl.max(Duration::from_mins(1))).await;
        self.renewed.pass().await;
        result
    }

    async fn release(&self, name: &ConversationName, connector: &ConnectorId) -> Result<(), Error> {
        self.check()?;
        self.broker.release(name, connector).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        self.check()?;
        self.broker.get(key).await
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Error> {
        self.check()?;
        self.broker.set(key, value, ttl).await
    }

    async fn set_all(&self, entries: &[(String, String)], ttl: Duration) -> Result<(), Error> {
        self.check()?;
        self.broker.set_all(entries, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<bool, Error> {
        self.check()?;
        self.broker.delete(key).await
    }
}
