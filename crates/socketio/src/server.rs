use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::application::Application;
use crate::client;
use crate::engine::{Engine, PeerMessenger};
use crate::settings::SocketSettings;

/// A Socket.IO server. Clones are handles to the same server.
#[derive(Clone)]
pub struct Server(Arc<Engine>);

impl Server {
    /// Creates a server without peers.
    pub fn new<A: Application>(settings: SocketSettings, application: Arc<A>) -> Self {
        Self::create(settings, application, None)
    }

    /// Creates one of several servers, named [`SocketSettings::node`]. Its clients may send each
    /// request of a session to any of them, as long as [`serve_peers`](Self::serve_peers) runs.
    pub fn with_peers<A: Application>(
        settings: SocketSettings,
        application: Arc<A>,
        peers: Arc<dyn PeerMessenger>,
    ) -> Self {
        Self::create(settings, application, Some(peers))
    }

    fn create<A: Application>(
        settings: SocketSettings,
        application: Arc<A>,
        peers: Option<Arc<dyn PeerMessenger>>,
    ) -> Self {
        Self(Engine::new(settings, peers, move |driver| {
            tokio::spawn(client::serve(application.clone(), driver));
        }))
    }

    /// Returns the routes of the server, at [`SocketSettings::path`]. CORS is left to a layer around
    /// them.
    pub fn router(&self) -> Router {
        Engine::router(&self.0)
    }

    /// Serves the messages that peers send to this process, until the channel is closed or the future
    /// is dropped.
    pub async fn serve_peers(&self, messages: mpsc::Receiver<Bytes>) {
        self.0.serve_peers(messages).await;
    }

    /// Number of open connections. A client counts once, whatever its namespaces.
    pub fn connections(&self) -> usize {
        self.0.registry.connections()
    }

    /// Frames and bytes that wait to be written, of all clients. Locks each connection in turn.
    pub fn queued(&self) -> (usize, usize) {
        self.0.registry.queued()
    }

    /// Refuses new connections with the status 503 and closes all others, spread evenly over a time.
    ///
    /// Clients get no DISCONNECT packet, so that they reconnect. Returns when all connections have
    /// ended, [`Application::disconnect`] included; that time is not limited here.
    pub async fn drain(&self, over: Duration) {
        self.0.registry.drain(over).await;
    }
}
