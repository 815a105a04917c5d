//! Socket.IO 5: namespaces, events, acks and attachments.
//!
//! Specification: <https://github.com/socketio/socket.io-protocol>.

mod application;
mod assembly;
mod client;
mod encode;
mod handle;
pub mod packet;
mod server;

pub use self::{
    application::{Accepted, Application, ConnectRequest, Event, Refused},
    handle::Socket,
    packet::AckId,
    server::Server,
};
