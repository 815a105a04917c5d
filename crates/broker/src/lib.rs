//! The event log, the event bus and the key store, on Redis and in process.
//!
//! The services see the traits [`EventLog`], [`EventBus`] and [`KeyStore`] alone; which
//! implementation stands behind them is decided where a process starts. One contract suite (`tests/contract`) runs against both.

#![warn(missing_docs)]

mod backoff;
mod error;
mod inbox;
mod memory;
mod ports;
mod redis;
mod retention;
mod slots;
mod variables;

pub use self::redis::{RedisBroker, RedisBus, RedisSettings, SettingsError};
pub use backoff::Backoff;
pub use error::Error;
pub use memory::{MemoryBroker, MemoryBus, Quarantined};
pub use ports::{
    BusMessage, Courier, EventBus, EventLog, EventSink, KeyStore, LoggedEvent, NewEvent, Opened, QuarantinedMessage,
    Reach, Recorded,
};
pub use retention::Retention;
pub use slots::{Slot, Slots};
pub use variables::VARIABLES;
