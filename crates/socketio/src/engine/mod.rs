//! Engine.IO 4: sessions, transports, heartbeats and limits.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol>. [`crate::socket`] is one user of this layer; anything
//! else that wants plain messages can implement [`Handler`] as well.

mod clock;
mod connection;
mod http;
mod id;
mod link;
mod outbox;
pub mod packet;
mod polled;
mod polling;
mod refusal;
mod registry;
pub mod relay;
mod session;
mod upgrade;
pub mod websocket;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::any};

pub use self::{connection::Connection, packet::Message};
pub(crate) use id::Id;
use registry::Registry;
use relay::Relay;

use crate::{reason::Reason, settings::Settings};

/// What happens to the messages of the clients.
///
/// The task of a session calls these one at a time. While one runs, frames are still written and heartbeats answered,
/// but no further message is read.
pub trait Handler: Send + Sync + 'static {
    /// State of one session.
    type Session: Send + 'static;

    /// A session has begun.
    fn open(&self, connection: Connection) -> Self::Session;

    /// A message came. An error ends the session. When the session ends meanwhile, the future gets
    /// [`Settings::handler_grace`] to finish, and is dropped then.
    fn message(&self, session: &mut Self::Session, message: Message)
    -> impl Future<Output = Result<(), Reason>> + Send;

    /// The session has ended; called exactly once.
    fn close(&self, session: Self::Session, reason: Reason) -> impl Future<Output = ()> + Send;
}

/// An Engine.IO server. Clones are handles to the same server.
pub struct Engine<H>(Arc<Inner<H>>);

struct Inner<H> {
    settings: Arc<Settings>,
    handler: Arc<H>,
    registry: Arc<Registry>,
    relay: Option<Arc<dyn Relay>>,
}

impl<H> Clone for Engine<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H: Handler> Engine<H> {
    /// A server that has no connections yet.
    pub fn new(settings: Settings, handler: Arc<H>) -> Self {
        Self(Arc::new(Inner { settings: Arc::new(settings), handler, registry: Arc::default(), relay: None }))
    }

    /// A server without connections yet, one of several: the process called [`Settings::node`].
    pub fn among_others(settings: Settings, handler: Arc<H>, relay: Arc<dyn Relay>) -> Self {
        let inner = Inner { settings: Arc::new(settings), handler, registry: Arc::default(), relay: Some(relay) };
        Self(Arc::new(inner))
    }

    /// The routes of the server, at [`Settings::path`]. CORS is left to a layer around them.
    pub fn router(&self) -> Router {
        let path = self.0.settings.path.as_str();
        let router = Router::new().route(path, any(http::serve::<H>));
        let bare = path.trim_end_matches('/');
        let router = if bare.is_empty() || bare == path { router } else { router.route(bare, any(http::serve::<H>)) };
        router.with_state(self.clone())
    }

    /// Number of open connections.
    pub fn connections(&self) -> usize {
        self.0.registry.connections()
    }

    /// Frames and bytes that wait to be written to all clients.
    pub fn queued(&self) -> (usize, usize) {
        self.0.registry.queued()
    }

    /// Refuses new connections with 503 and closes all, spread evenly over a time. Returns when all sessions have ended,
    /// [`Handler::close`] included; how long that takes is up to the handler.
    pub async fn drain(&self, over: Duration) {
        self.0.registry.drain(over).await;
    }

    fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }

    fn handler(&self) -> &Arc<H> {
        &self.0.handler
    }

    fn relay(&self) -> Option<&Arc<dyn Relay>> {
        self.0.relay.as_ref()
    }

    fn registry(&self) -> &Arc<Registry> {
        &self.0.registry
    }
}
