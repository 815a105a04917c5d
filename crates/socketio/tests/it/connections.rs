use std::sync::{Arc, Weak};

use socketio::{Accepted, Application, ClientEvent, ConnectRequest, Reason, Refused, Socket, SocketSettings};

use crate::server::{Running, start};
use testkit::socketio::WebSocketClient;

#[tokio::test]
async fn counts_clients_of_every_transport() {
    let (server, mut records) = start().await;
    let websocket = server.client().await;
    let polling = server.polling().await;
    assert_eq!(server.connections(), 2);
    drop(websocket);
    assert_eq!(records.disconnected().await, Reason::TransportClose);
    assert_eq!(polling.post("1").await.0, 200);
    server.has_connections(0).await;
}

/// Whose sessions can be seen to be gone.
struct Keeper(tokio::sync::mpsc::UnboundedSender<Weak<Socket>>);

impl Application for Keeper {
    type SocketState = Arc<Socket>;

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<Arc<Socket>>, Refused> {
        let session = Arc::new(request.socket);
        self.0.send(Arc::downgrade(&session)).unwrap();
        Ok(Accepted { state: session, pid: None })
    }

    async fn event(&self, _: &mut Arc<Socket>, _: ClientEvent) {}

    async fn disconnect(&self, _: Arc<Socket>, _: Reason) {}
}

#[tokio::test]
async fn frees_a_session_with_its_connection() {
    let (sessions, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let server = Running::start(SocketSettings::default(), Arc::new(Keeper(sessions))).await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    client.send("40").await;
    let session = receiver.recv().await.unwrap();
    assert!(session.upgrade().is_some());
    drop(client);
    server.has_connections(0).await;
    assert!(session.upgrade().is_none());
}
