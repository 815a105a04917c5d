//! The event log, the event bus and the key store, on Redis and in process.
//!
//! The services see the traits [`Publisher`], [`Subscriber`] and [`KeyValue`] alone; which
//! implementation stands behind them is decided where a process starts. One contract suite (`tests/contract`) runs against both.

#![warn(missing_docs)]

mod backoff;
mod error;
mod mailbox;
mod memory;
mod ports;
mod redis;
mod retention;
mod slots;
mod variables;

pub use self::redis::{RedisBroker, RedisSettings, RedisSubscriber, SettingsError};
pub use backoff::Backoff;
pub use error::Error;
pub use memory::{MemoryBroker, MemorySubscriber, Quarantined};
pub use ports::{
    EventSink, Incoming, KeyValue, LogBounds, LogHead, LogReader, LoggedEvent, Messenger, NewEvent, Publisher,
    QuarantinedMessage, Recorded, Subscriber,
};
pub use retention::Retention;
pub use slots::{Slot, Slots};
pub use variables::VARIABLES;
