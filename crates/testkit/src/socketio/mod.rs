//! Socket.IO clients that say what a test wants them to say, and keep to no protocol.
//! <https://github.com/socketio/engine.io-protocol>, <https://github.com/socketio/socket.io-protocol>

mod client;
mod polling;
mod websocket;

pub use client::{Client, ConnectError, Received};
pub use polling::PollingClient;
pub use websocket::{Options, WebSocketClient};
