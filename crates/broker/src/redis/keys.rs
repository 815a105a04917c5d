use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName};

use super::link::millis;
use super::{RedisBroker, scripts};
use crate::{Error, KeyStore};

/// How many keys are written by one round trip.
const AT_ONCE: usize = 256;

#[async_trait]
impl KeyStore for RedisBroker {
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
        for chunk in conversations.chunks(AT_ONCE) {
            let steps = self.renewal(chunk, connector, ttl);
            self.0.link.run(async |connection| steps.exec_async(connection).await).await?;
        }
        Ok(())
    }

    async fn release(&self, conversation: &ConversationName, connector: &ConnectorId) -> Result<(), Error> {
        let mut invocation = self.0.scripts.release.key(conversation.as_str());
        invocation.arg(connector.as_str());
        self.0.link.run(async |connection| invocation.invoke_async(connection).await).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        self.0.link.run(async |connection| redis::cmd("GET").arg(key).query_async(connection).await).await
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Error> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("PX").arg(millis(ttl));
        self.0.link.run(async |connection| command.exec_async(connection).await).await
    }

    async fn set_all(&self, entries: &[(String, String)], ttl: Duration) -> Result<(), Error> {
        for chunk in entries.chunks(AT_ONCE) {
            let mut steps = redis::pipe();
            for (key, value) in chunk {
                steps.cmd("SET").arg(key).arg(value).arg("PX").arg(millis(ttl)).ignore();
            }
            self.0.link.run(async |connection| steps.exec_async(connection).await).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<bool, Error> {
        self.0.link.run(async |connection| redis::cmd("DEL").arg(key).query_async(connection).await).await
    }
}

impl RedisBroker {
    /// One script per key, since the keys of a cluster lie on different servers. The script is
    /// loaded along with them, so that no answer has to be asked for twice.
    fn renewal(&self, conversations: &[ConversationName], connector: &ConnectorId, ttl: Duration) -> redis::Pipeline {
        let mut steps = redis::pipe();
        steps.cmd("SCRIPT").arg("LOAD").arg(scripts::RENEW).ignore();
        for conversation in conversations {
            steps.cmd("EVALSHA").arg(self.0.scripts.renew.get_hash()).arg(1).arg(conversation.as_str());
            steps.arg(connector.as_str()).arg(millis(ttl)).ignore();
        }
        steps
    }
}
