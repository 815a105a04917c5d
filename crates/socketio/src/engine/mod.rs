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
mod outbox;
pub(crate) mod packet;
mod polling;
mod registry;
mod relay;
mod timers;
mod upgrade;
pub(crate) mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use tokio::sync::mpsc;

pub(crate) use self::connection::Connection;
pub(crate) use self::driver::Driver;
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

    pub(crate) fn router(this: &Arc<Self>) -> Router {
        let path = this.settings.path.as_str();
        let router = Router::new().route(path, any(http::serve));
        let bare = path.trim_end_matches('/');
        let router = if bare.is_empty() || bare == path { router } else { router.route(bare, any(http::serve)) };
        router.with_state(this.clone())
    }

    pub(crate) async fn serve_peers(&self, messages: mpsc::Receiver<Bytes>) {
        if let Some(relay) = &self.relay {
            relay.run(&self.registry, messages).await;
        }
    }
}

const ID_LEN: usize = 22;

/// An unguessable id: 128 bits of the thread's cryptographic generator, as base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RandomId([u8; ID_LEN]);

impl RandomId {
    pub(crate) const LEN: usize = ID_LEN;

    pub(crate) fn generate() -> Self {
        let mut text = [b'A'; ID_LEN];
        // 16 bytes always make 22 characters, so there is no error to handle.
        let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(rand::random::<[u8; 16]>(), &mut text);
        Self(text)
    }

    /// Parses an id that a client presents, which need not belong to anything.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
