//! The server over real sockets.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod application;
mod closing;
mod connections;
mod drain;
mod events;
mod handshake;
mod heartbeat;
mod malformed;
mod namespaces;
mod peers;
mod polling;
mod server;
mod slow_reader;
mod upgrade;
