use event::ConnectorId;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, PushKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::redis::names::{self, Channel};
use crate::slots::Slot;

/// How many subscriptions are made by one round trip.
const AT_ONCE: usize = 256;

/// Sharded channels exist from Redis 7 on. The interceptor's script asks the same question.
const VERSION: &str = "return redis.REDIS_VERSION_NUM or 0";
const SHARDED_SINCE: i64 = 0x0007_0000;

/// The connection that the live events come on, with the kind of channels that its node has.
///
/// Every command names one channel only. Redis confirms each channel by a message of its own, so
/// commands and answers stay in step.
#[derive(Debug, Clone)]
pub(super) struct PubSubConnection {
    connection: MultiplexedConnection,
    sharded: bool,
    is_cluster: bool,
}

impl PubSubConnection {
    /// Takes over a new connection. Without a cluster it subscribes to the connector's own channels, too; the
    /// services that publish there know no clusters.
    pub(super) async fn open(
        mut connection: MultiplexedConnection,
        id: &ConnectorId,
        is_cluster: bool,
    ) -> RedisResult<Self> {
        let version: i64 = redis::cmd("EVAL").arg(VERSION).arg(0).query_async(&mut connection).await?;
        let sharded = version >= SHARDED_SINCE;
        if !is_cluster {
            connection.psubscribe(names::foreign_pattern(id)).await?;
        } else if !sharded {
            return Err((ErrorKind::Client, "a Redis Cluster must be of version 7.0 or later").into());
        }
        Ok(Self { connection, sharded, is_cluster })
    }

    /// Subscribes to all of these, but for those whose slots the node does not serve; returns those slots.
    pub(super) async fn subscribe(&mut self, channels: &[Channel]) -> RedisResult<Vec<Slot>> {
        let command = if self.sharded { PushKind::SSubscribe } else { PushKind::Subscribe };
        self.each(&command, channels).await
    }

    /// Unsubscribes from all of these; a slot that the node does not serve has no subscriptions.
    pub(super) async fn unsubscribe(&mut self, channels: &[Channel]) -> RedisResult<()> {
        let command = if self.sharded { PushKind::SUnsubscribe } else { PushKind::Unsubscribe };
        self.each(&command, channels).await.map(|_| ())
    }

    /// What time it is there, seconds and microseconds; nothing if we may not know.
    pub(super) async fn time(&mut self) -> RedisResult<Option<(i64, i64)>> {
        permitted(redis::cmd("TIME").query_async(&mut self.connection).await)
    }

    /// Whether the node only follows another one: after a failover, or before its end.
    pub(super) async fn is_replica(&mut self) -> RedisResult<bool> {
        let role: Option<Vec<Value>> = permitted(redis::cmd("ROLE").query_async(&mut self.connection).await)?;
        let role = role.and_then(|role| role.into_iter().next());
        Ok(matches!(role, Some(Value::BulkString(name)) if name == b"slave"))
    }

    async fn each(&mut self, command: &PushKind, channels: &[Channel]) -> RedisResult<Vec<Slot>> {
        let mut elsewhere = Vec::new();
        for chunk in channels.chunks(AT_ONCE) {
            let mut steps = redis::pipe();
            steps.ignore_errors();
            for channel in chunk {
                // The confirmation of a command has its name.
                steps.cmd(&command.to_string()).arg(channel.name());
            }
            let answers: Vec<RedisResult<Value>> = steps.query_async(&mut self.connection).await?;
            for (channel, answer) in chunk.iter().zip(answers) {
                match answer {
                    Ok(answer) => confirmed(&answer, command, channel)?,
                    Err(error) if self.is_cluster && is_elsewhere(&error) => elsewhere.push(channel.slot()),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(elsewhere)
    }
}

/// A node that gives a slot away ends its subscriptions, and the client takes that for the answer to whatever
/// it has asked. From there on answers would belong to other commands.
fn confirmed(answer: &Value, command: &PushKind, channel: &Channel) -> RedisResult<()> {
    match answer {
        Value::Push { kind, data } if kind == command => match data.first() {
            Some(Value::BulkString(name)) if *name == channel.name().as_bytes() => Ok(()),
            _ => Err((ErrorKind::Io, "the confirmation is of another channel").into()),
        },
        _ => Err((ErrorKind::Io, "the answer is of another command").into()),
    }
}

fn is_elsewhere(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::ClusterDown))
}

/// A node that refuses an answer, for want of a permission, is a sound one all the same.
fn permitted<T>(answer: RedisResult<T>) -> RedisResult<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => Ok(None),
        Err(error) => Err(error),
    }
}
