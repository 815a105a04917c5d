use event::{ConnectorId, ConversationName};
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisResult, Value};

use super::names;

/// How many subscriptions are made by one round trip.
const AT_ONCE: usize = 256;

/// Sharded channels exist from Redis 7 on. The interceptor's script asks the same question.
const VERSION: &str = "return redis.REDIS_VERSION_NUM or 0";
const SHARDED_SINCE: i64 = 0x0007_0000;

/// The connection that the live events come on, with the kind of channels that its server has.
///
/// Every command names one channel only. Redis confirms each channel by a message of its own, so
/// commands and answers stay in step.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    connection: MultiplexedConnection,
    sharded: bool,
}

impl Wire {
    /// Takes over a new connection and subscribes to the connector's own channels.
    pub(super) async fn open(mut connection: MultiplexedConnection, id: &ConnectorId) -> RedisResult<Self> {
        let version: i64 = redis::cmd("EVAL").arg(VERSION).arg(0).query_async(&mut connection).await?;
        connection.psubscribe(id.channel_pattern()).await?;
        Ok(Self { connection, sharded: version >= SHARDED_SINCE })
    }

    pub(super) async fn subscribe(&mut self, conversations: &[ConversationName]) -> RedisResult<()> {
        self.each(if self.sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" }, conversations).await
    }

    pub(super) async fn unsubscribe(&mut self, conversations: &[ConversationName]) -> RedisResult<()> {
        self.each(if self.sharded { "SUNSUBSCRIBE" } else { "UNSUBSCRIBE" }, conversations).await
    }

    /// What time it is there, seconds and microseconds; nothing if we may not know.
    pub(super) async fn time(&mut self) -> RedisResult<Option<(i64, i64)>> {
        permitted(redis::cmd("TIME").query_async(&mut self.connection).await)
    }

    /// Whether the server only follows another one: after a failover, or before its end.
    pub(super) async fn is_replica(&mut self) -> RedisResult<bool> {
        let role: Option<Vec<Value>> = permitted(redis::cmd("ROLE").query_async(&mut self.connection).await)?;
        let role = role.and_then(|role| role.into_iter().next());
        Ok(matches!(role, Some(Value::BulkString(name)) if name == b"slave"))
    }

    async fn each(&mut self, command: &str, conversations: &[ConversationName]) -> RedisResult<()> {
        for chunk in conversations.chunks(AT_ONCE) {
            let mut steps = redis::pipe();
            for conversation in chunk {
                steps.cmd(command).arg(names::live(conversation)).ignore();
            }
            steps.exec_async(&mut self.connection).await?;
        }
        Ok(())
    }
}

/// A server that refuses an answer, for want of a permission, is a sound one all the same.
fn permitted<T>(answer: RedisResult<T>) -> RedisResult<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => Ok(None),
        Err(error) => Err(error),
    }
}
