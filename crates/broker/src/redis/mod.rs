//! The broker on Redis 6.0 or later; live events are spread over sharded channels from 7.0 on.

mod barrier;
mod bus;
mod clock;
mod keys;
mod link;
mod log;
mod message;
mod names;
mod read;
mod receipts;
mod scripts;
mod settings;
mod state;
mod supervisor;
mod wire;

use std::fmt;
use std::sync::Arc;

use event::ConnectorId;
use tokio::sync::Semaphore;

pub use bus::RedisBus;
pub use settings::{RedisSettings, SettingsError};

use crate::Retention;
use barrier::Barrier;
use link::Link;
use receipts::Receipts;
use scripts::Scripts;

/// The event log and the key store in Redis; makes the bus too. Cloning it shares the connection.
#[derive(Clone)]
pub struct RedisBroker(Arc<Inner>);

impl fmt::Debug for RedisBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroker").field("retention", &self.0.retention).finish_non_exhaustive()
    }
}

struct Inner {
    link: Link,
    scripts: Scripts,
    retention: Retention,
    receipts: Receipts,
    barrier: Barrier,
    /// The places for events on their way to Redis.
    in_flight: Semaphore,
}

impl RedisBroker {
    /// A broker that connects when it is first used, so Redis need not be up yet. It runs no tasks.
    ///
    /// # Errors
    /// [`SettingsError`] if the URL or the certificates cannot be read.
    pub fn new(settings: RedisSettings, retention: Retention) -> Result<Self, SettingsError> {
        let in_flight = Semaphore::new(settings.in_flight.clamp(1, Semaphore::MAX_PERMITS));
        let barrier = Barrier::new(settings.min_replicas);
        let (link, scripts, receipts) = (Link::new(settings)?, Scripts::new(), Receipts::default());
        Ok(Self(Arc::new(Inner { link, scripts, retention, receipts, barrier, in_flight })))
    }

    /// The bus of the connector `id`, on a connection of its own. It stands while [`RedisBus::run`] runs.
    pub fn bus(&self, id: ConnectorId) -> RedisBus {
        RedisBus::new(self.clone(), id)
    }
}
