//! The connector over real sockets, with the broker in memory and trouble on the bus.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod backlog;
mod conversation_names;
mod dialogflow;
mod faulty_broker;
mod gaps;
mod gate;
mod http;
mod interleavings;
mod joining;
mod keys;
mod live;
mod mapping;
mod outage;
mod providers;
mod register;
mod relay;
mod resume;
mod rotation;
mod secrets;
mod sessions;
mod shutdown;
mod slow;
mod streams;
mod support;
mod tokens;
