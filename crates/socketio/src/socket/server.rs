//! The Socket.IO server.

use std::{sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;

use super::{application::Application, client::Clients};
use crate::{
    engine::{Engine, relay::Relay},
    settings::Settings,
};

/// A Socket.IO server. Clones are handles to the same server.
pub struct Server<A>(Engine<Clients<A>>);

impl<A> Clone for Server<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Application> Server<A> {
    /// A server that has no connections yet.
    pub fn new(settings: Settings, application: Arc<A>) -> Self {
        Self(Engine::new(settings, Arc::new(Clients(application))))
    }

    /// A server without connections yet, one of several: the process called [`Settings::node`]. Its clients may send
    /// each request of a session to any of them.
    pub fn among_others(settings: Settings, application: Arc<A>, relay: Arc<dyn Relay>) -> Self {
        Self(Engine::among_others(settings, Arc::new(Clients(application)), relay))
    }

    /// Answers what another process asks by its [`Relay`].
    pub async fn answer(&self, request: Bytes) -> Bytes {
        self.0.answer(request).await
    }

    /// The routes of the server, at [`Settings::path`]. CORS is left to a layer around them.
    pub fn router(&self) -> Router {
        self.0.router()
    }

    /// Number of open connections; a client counts once, whatever its namespaces.
    pub fn connections(&self) -> usize {
        self.0.connections()
    }

    /// Frames and bytes that wait to be written to all clients. It looks at each of them.
    pub fn queued(&self) -> (usize, usize) {
        self.0.queued()
    }

    /// Refuses new connections with 503 and closes all, spread evenly over a time, without a DISCONNECT packet, which
    /// would tell the clients not to come back. Returns when all sessions have ended,
    /// [`Application::disconnect`] included; how long that takes is up to the application.
    pub async fn drain(&self, over: Duration) {
        self.0.drain(over).await;
    }
}
