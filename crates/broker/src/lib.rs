//! The log of each conversation, its live channel, small values, and messages between connectors: on Redis and in memory.
//!
//! The services use ports: the interceptor a [`Publisher`]; the connector a [`LogReader`], a [`Subscriber`], a
//! [`Messenger`] and a [`KeyValue`]. The implementation is chosen where a process starts. One contract suite
//! (`tests/contract`) runs against all of them.

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

pub use self::redis::{RedisBroker, RedisSettings, RedisSubscriber, SettingsError, session_key};
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
