//! The server over real sockets.

mod application;
mod client;
mod connections;
mod drain;
mod events;
mod handshake;
mod heartbeat;
mod malformed;
mod namespaces;
mod polling;
mod server;
mod slow_reader;
mod upgrade;
