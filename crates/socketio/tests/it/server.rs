//! A server on a free port, and its clients.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use socketio::{Application, Server, SocketSettings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::application::{Recorder, Records};
use testkit::socketio::{Options, PollingClient, WebSocketClient};
use testkit::until;

pub(crate) struct Running<A> {
    pub(crate) address: SocketAddr,
    pub(crate) server: Server,
    pub(crate) application: Arc<A>,
    task: JoinHandle<()>,
}

impl<A: Application> Running<A> {
    pub(crate) async fn start(settings: SocketSettings, application: Arc<A>) -> Self {
        Self::serve(Server::new(settings, application.clone()), application).await
    }

    pub(crate) async fn serve(server: Server, application: Arc<A>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = server.router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, server, application, task }
    }

    /// Waits until the server has exactly so many connections.
    pub(crate) async fn has_connections(&self, count: usize) {
        until(&format!("{count} connections"), async || self.server.connections() == count).await;
    }

    /// A WebSocket that has become that of a session.
    pub(crate) async fn upgrade(&self, sid: &str) -> Result<WebSocketClient, tungstenite::Error> {
        WebSocketClient::open_with(self.address, Options { sid: Some(sid), ..Options::default() }).await
    }

    /// A client in the main namespace, which has read its welcome.
    pub(crate) async fn client(&self) -> WebSocketClient {
        self.connected(Options::default()).await
    }

    pub(crate) async fn connected(&self, options: Options<'_>) -> WebSocketClient {
        let mut client = WebSocketClient::open_with(self.address, options).await.unwrap();
        assert!(client.text().await.starts_with("0{"));
        client.send("40").await;
        assert!(client.text().await.starts_with("40{"));
        assert_eq!(client.text().await, r#"42["welcome"]"#);
        client
    }

    /// The same by long-polling.
    pub(crate) async fn polling(&self) -> PollingClient {
        let (client, mut rest) = PollingClient::connect(self.address, "").await;
        while !rest.contains("welcome") {
            rest += &client.poll().await.1;
        }
        client
    }
}

impl<A> Drop for Running<A> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<A> Deref for Running<A> {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

pub(crate) async fn start() -> (Running<Recorder>, Records) {
    start_with(SocketSettings::default()).await
}

pub(crate) async fn start_with(settings: SocketSettings) -> (Running<Recorder>, Records) {
    let (recorder, records) = Recorder::new();
    (Running::start(settings, recorder).await, records)
}

/// Proves that a connection works in both directions.
pub(crate) async fn check(client: &mut WebSocketClient) {
    client.send(r#"427["check",1]"#).await;
    assert_eq!(client.text().await, "437[1]");
}
