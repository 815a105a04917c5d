//! A server on a free port.

use std::{net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use socketio::{Application, Server, Settings};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::application::{Recorder, Records};

pub(crate) struct Running<A> {
    pub(crate) address: SocketAddr,
    pub(crate) server: Server<A>,
    pub(crate) application: Arc<A>,
    task: JoinHandle<()>,
}

impl<A: Application> Running<A> {
    pub(crate) async fn start(settings: Settings, application: Arc<A>) -> Self {
        let server = Server::new(settings, application.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = server.router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, server, application, task }
    }

    /// Waits until the server has exactly so many connections.
    pub(crate) async fn has_connections(&self, count: usize) {
        let poll = async {
            while self.server.connections() != count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let found = tokio::time::timeout(crate::application::PATIENCE, poll).await;
        assert!(found.is_ok(), "{} connections instead of {count}", self.server.connections());
    }
}

impl<A> Drop for Running<A> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<A> Deref for Running<A> {
    type Target = Server<A>;

    fn deref(&self) -> &Server<A> {
        &self.server
    }
}

pub(crate) async fn start() -> (Running<Recorder>, Records) {
    start_with(Settings::default()).await
}

pub(crate) async fn start_with(settings: Settings) -> (Running<Recorder>, Records) {
    let (recorder, records) = Recorder::new();
    (Running::start(settings, recorder).await, records)
}
