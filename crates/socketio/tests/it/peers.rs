//! Two servers whose clients reach either of them with any request.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use socketio::{Frame, PeerMessenger, Reason, Server, SocketSettings};
use testkit::socketio::PollingClient;
use testkit::{http, in_time, until};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tungstenite::Message;

use crate::application::{Recorder, Records};
use crate::server::{Running, check};

/// Mailboxes of the servers, by name.
#[derive(Default)]
struct Mailboxes(OnceLock<HashMap<&'static str, mpsc::Sender<Bytes>>>);

#[async_trait]
impl PeerMessenger for Mailboxes {
    async fn send(&self, node: &str, message: Bytes) -> bool {
        match self.0.get().and_then(|mailboxes| mailboxes.get(node)) {
            Some(mailbox) => mailbox.send(message).await.is_ok(),
            None => false,
        }
    }
}

struct Peer {
    server: Running<Recorder>,
    records: Records,
    relay: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn peers() -> [Peer; 2] {
    let messenger = Arc::new(Mailboxes::default());
    let (senders, receivers): (Vec<_>, Vec<_>) = [mpsc::channel(16), mpsc::channel(16)].into_iter().unzip();
    assert!(messenger.0.set(["one", "two"].into_iter().zip(senders).collect()).is_ok());
    let mut peers = Vec::new();
    for (node, mailbox) in ["one", "two"].into_iter().zip(receivers) {
        let settings = SocketSettings { node: Some(node.to_owned()), ..SocketSettings::default() };
        let (recorder, records) = Recorder::new();
        let server = Server::with_peers(settings, recorder.clone(), messenger.clone());
        let relay = tokio::spawn({
            let server = server.clone();
            async move { server.serve_peers(mailbox).await }
        });
        peers.push(Peer { server: Running::serve(server, recorder).await, records, relay });
    }
    peers.try_into().ok().unwrap()
}

#[tokio::test]
async fn relays_the_requests_of_a_client_that_polls() {
    let [mut one, two] = peers().await;
    let client = PollingClient::open(one.server.address).await.at(two.server.address);
    assert_eq!(client.post("40").await, (200, "ok".to_owned()));
    let socket = one.records.connected().await;
    let mut polled = String::new();
    while !polled.contains("welcome") {
        polled += &client.poll().await.1;
    }
    socket.emit(Frame::event("/", "a", &["1"])).unwrap();
    assert_eq!(client.poll().await, (200, r#"42["a",1]"#.to_owned()));
    let client = client.at(one.server.address);
    assert_eq!(client.post(r#"427["b"]"#).await.0, 200);
    let client = client.at(two.server.address);
    assert_eq!(client.poll().await, (200, "437[]".to_owned()));
    assert_eq!(client.post("x").await.0, 400);
    assert_eq!(one.records.disconnected().await, Reason::ProtocolError);
    let unknown = (400, r#"{"code":1,"message":"Session ID unknown"}"#.to_owned());
    assert_eq!(client.poll().await, unknown);
    one.server.has_connections(0).await;
}

#[tokio::test]
async fn bridges_a_websocket_to_the_peer_that_has_the_session() {
    let [mut one, two] = peers().await;
    let client = one.server.polling().await;
    let socket = one.records.connected().await;
    let mut websocket = two.server.upgrade(&client.sid).await.unwrap();
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    websocket.send("5").await;
    check(&mut websocket).await;
    socket.emit(Frame::binary_event("/", "a", &["{}"], vec![Bytes::from_static(b"bytes")])).unwrap();
    assert_eq!(websocket.text().await, r#"451-["a",{}]"#);
    assert_eq!(websocket.binary().await, b"bytes");
    websocket.send(r#"451-["b",{"_placeholder":true,"num":0}]"#).await;
    websocket.send_message(Message::binary(b"more".to_vec())).await;
    let mut event = one.records.event().await;
    while event.name == "check" {
        event = one.records.event().await;
    }
    assert_eq!(event.attachments, [&b"more"[..]]);
    assert_eq!((one.server.connections(), two.server.connections()), (1, 1));
    // A poll of the client that comes too late is refused, and the WebSocket stays.
    assert_eq!(client.poll().await.0, 400);
    assert_eq!(client.at(two.server.address).poll().await.0, 400);
    check(&mut websocket).await;
    drop(websocket);
    assert_eq!(one.records.disconnected().await, Reason::TransportClose);
    two.server.has_connections(0).await;
}

#[tokio::test]
async fn a_bridge_ends_with_its_server_and_with_its_session() {
    let [mut one, two] = peers().await;
    for drains in [false, true] {
        let client = one.server.polling().await;
        let socket = one.records.connected().await;
        let mut websocket = two.server.upgrade(&client.sid).await.unwrap();
        websocket.send("2probe").await;
        assert_eq!(websocket.text().await, "3probe");
        websocket.send("5").await;
        check(&mut websocket).await;
        if drains {
            in_time("the drain", two.server.drain(std::time::Duration::ZERO)).await;
        } else {
            socket.close(Reason::Application);
        }
        assert_eq!(websocket.next().await, None);
        let reason = one.records.disconnected().await;
        assert_eq!(reason, if drains { Reason::TransportClose } else { Reason::Application });
    }
    until("both are empty", async || one.server.connections() + two.server.connections() == 0).await;
}

#[tokio::test]
async fn a_session_of_a_peer_that_does_not_exist_is_unknown_at_once() {
    let [one, _two] = peers().await;
    let (address, id) = (one.server.address, "A".repeat(22));
    let url = format!("http://{address}/socket.io/?EIO=4&transport=polling&sid={id}.six");
    let response = in_time("a response", http().get(url).send()).await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.text().await.unwrap(), r#"{"code":1,"message":"Session ID unknown"}"#);
}
