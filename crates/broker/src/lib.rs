//! The event log, the event bus and the key store, on Redis and in process.
