use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName};
use futures_util::stream::{self, TryStreamExt as _};

use super::RedisBroker;
use super::units::millis;
use crate::slots::Slot;
use crate::{Error, KeyValue};

/// Keys that are written at the same time. Each has a command of its own, because the keys of a cluster lie on different
/// nodes; on one connection the commands are pipelined.
const AT_ONCE: usize = 256;

#[async_trait]
impl KeyValue for RedisBroker {
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
        let renewals = conversations.iter().map(|conversation| Ok(self.renew_one(conversation, connector, ttl)));
        stream::iter(renewals).try_for_each_concurrent(AT_ONCE, |renewal| renewal).await
    }

    async fn release(&self, conversation: &ConversationName, connector: &ConnectorId) -> Result<(), Error> {
        let mut invocation = self.0.scripts.release.key(conversation.as_str());
        invocation.arg(connector.as_str());
        self.invoke(Slot::of(conversation), &invocation).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        self.query(Slot::of_key(key), redis::cmd("GET").arg(key)).await
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Error> {
        self.query(Slot::of_key(key), redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(ttl))).await
    }

    async fn set_all(&self, entries: &[(String, String)], ttl: Duration) -> Result<(), Error> {
        let settings = entries.iter().map(|(key, value)| Ok(self.set(key, value.as_bytes(), ttl)));
        stream::iter(settings).try_for_each_concurrent(AT_ONCE, |setting| setting).await
    }

    async fn delete(&self, key: &str) -> Result<bool, Error> {
        self.query(Slot::of_key(key), redis::cmd("DEL").arg(key)).await
    }
}

impl RedisBroker {
    async fn renew_one(
        &self,
        conversation: &ConversationName,
        connector: &ConnectorId,
        ttl: Duration,
    ) -> Result<(), Error> {
        let mut invocation = self.0.scripts.renew.key(conversation.as_str());
        invocation.arg(connector.as_str()).arg(millis(ttl));
        self.invoke(Slot::of(conversation), &invocation).await
    }
}
