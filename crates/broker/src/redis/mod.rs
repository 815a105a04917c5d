//! The broker on Redis 6.0 or later, or on a Redis Cluster from 7.0 on; from there on live events go by
//! sharded channels.

mod keys;
mod log;
mod names;
mod nodes;
mod read;
mod receipts;
mod scripts;
mod settings;
mod subscriber;
mod units;

use std::fmt;
use std::sync::Arc;

use event::ConnectorId;
use redis::{FromRedisValue, ScriptInvocation};
use tokio::sync::Semaphore;

pub use names::session_key;
pub use settings::{RedisSettings, SettingsError};
pub use subscriber::RedisSubscriber;

use crate::slots::Slot;
use crate::{Error, Retention};
use nodes::{CommandConnection, Nodes};
use receipts::Receipts;
use scripts::Scripts;

/// Logs and small values in Redis. Creates subscribers, too. Clones share the connections.
#[derive(Clone)]
pub struct RedisBroker(Arc<Inner>);

impl fmt::Debug for RedisBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroker").field("retention", &self.0.retention).finish_non_exhaustive()
    }
}

struct Inner {
    nodes: Nodes,
    scripts: Scripts,
    retention: Retention,
    receipts: Receipts,
    /// Permits for events that are being recorded.
    in_flight: Semaphore,
}

impl RedisBroker {
    /// A broker that connects when it is first used, so Redis need not be up yet. It runs no tasks.
    ///
    /// # Errors
    /// [`SettingsError`] if the URL or the certificates cannot be read.
    pub fn new(settings: RedisSettings, retention: Retention) -> Result<Self, SettingsError> {
        let in_flight = Semaphore::new(settings.in_flight.clamp(1, Semaphore::MAX_PERMITS));
        let (nodes, scripts, receipts) = (Nodes::new(settings)?, Scripts::new(), Receipts::new());
        Ok(Self(Arc::new(Inner { nodes, scripts, retention, receipts, in_flight })))
    }

    /// Creates the subscriber of the connector `id`, on connections of its own. It works while
    /// [`RedisSubscriber::run`] runs.
    pub fn subscriber(&self, id: ConnectorId) -> RedisSubscriber {
        RedisSubscriber::new(self.clone(), id)
    }

    /// Runs a command on the keys of one slot.
    async fn query<T: FromRedisValue>(&self, slot: Slot, command: &::redis::Cmd) -> Result<T, Error> {
        self.0
            .nodes
            .run(slot, |mut connection: CommandConnection| async move { command.query_async(&mut connection).await })
            .await
    }

    /// Runs a script on the keys of one slot.
    async fn invoke<T: FromRedisValue>(&self, slot: Slot, invocation: &ScriptInvocation<'_>) -> Result<T, Error> {
        self.0
            .nodes
            .run(
                slot,
                |mut connection: CommandConnection| async move { invocation.invoke_async(&mut connection).await },
            )
            .await
    }
}
