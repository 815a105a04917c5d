//! Engine.IO 4: connections, transports, heartbeats and limits. It knows nothing of Socket.IO.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol>.
//!
//! `http` assigns each request to a connection and uses the other modules for the work:
//!
//! * `polling` serves the GETs and POSTs of a client, `upgrade` moves a client to WebSocket, and
//!   `relay` passes requests on to the process that has the connection.
//! * All of them share a `Connection` with the senders of frames and with the connection's task. The
//!   task owns a `Driver`, which reads messages, writes frames, and keeps the deadlines.
//! * `websocket` is RFC 6455.

mod connection;
mod driver;
mod error;
mod http;
pub(crate) mod id;
pub(crate) mod library;
mod outbox;
pub(crate) mod packet;
mod polling;
mod registry;
mod relay;
mod timers;
mod upgrade;
pub(crate) mod websocket;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

pub(crate) use self::connection::Connection;
pub(crate) use self::driver::Driver;
pub use self::http::RemoteIp;
pub(crate) use self::packet::ClientMessage;
pub use self::relay::PeerMessenger;

use self::registry::Registry;
use self::relay::PeerRelay;

use crate::settings::SocketSettings;

/// What an Engine.IO server consists of.
pub(crate) struct Engine {
    settings: Arc<SocketSettings>,
    pub(crate) registry: Arc<Registry>,
    relay: Option<Arc<PeerRelay>>,
    /// Spawns the task of a new connection.
    spawn: Box<dyn Fn(Driver) + Send + Sync>,
}

impl Engine {
    pub(crate) fn new(
        settings: SocketSettings,
        peers: Option<Arc<dyn PeerMessenger>>,
        spawn: impl Fn(Driver) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let settings = Arc::new(settings);
        let relay = peers.map(|peers| Arc::new(PeerRelay::new(peers, settings.clone())));
        Arc::new(Self { settings, registry: Arc::default(), relay, spawn: Box::new(spawn) })
    }

    pub(crate) async fn serve_peers(&self, messages: mpsc::Receiver<Bytes>) {
        if let Some(relay) = &self.relay {
            relay.run(&self.registry, messages).await;
        }
    }
}
