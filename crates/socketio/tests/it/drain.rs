use std::time::Duration;

use futures_util::StreamExt;
use socketio::{Reason, SocketSettings};
use tokio::time::Instant;
use tungstenite::Message;

use crate::server::{start, start_with};
use testkit::socketio::WebSocketClient;
use testkit::{http, in_time};

#[tokio::test]
async fn closes_all_connections_so_that_clients_reconnect() {
    let (server, mut records) = start().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.client().await);
    }
    let polling = server.polling().await;
    let poll = tokio::spawn(async move { polling.poll().await });
    in_time("the drain", server.drain(Duration::from_millis(50))).await;
    assert_eq!(server.connections(), 0);
    assert_eq!(records.disconnects().len(), 21);
    for mut client in clients {
        // A closing frame and no packet.
        assert!(matches!(client.stream.next().await, Some(Ok(Message::Close(_)))));
    }
    let answer = poll.await.unwrap();
    // Unless the poll itself came too late.
    assert!(answer == (200, "1".to_owned()) || answer.0 == 400, "{answer:?}");
    assert!(WebSocketClient::open(server.address).await.is_err());
}

#[tokio::test]
async fn spreads_the_closing() {
    let (server, mut records) = start().await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(server.client().await);
    }
    let (over, start) = (Duration::from_millis(500), Instant::now());
    let drained = tokio::spawn({
        let server = server.server.clone();
        async move { server.drain(over).await }
    });
    assert_eq!(records.disconnected().await, Reason::Shutdown);
    let first = start.elapsed();
    in_time("the drain", drained).await.unwrap();
    assert!(start.elapsed() >= first + over / 2, "all were closed at once");
}

#[tokio::test]
async fn lets_a_running_handler_finish() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    client.send(r#"42["gated"]"#).await;
    client.send(r#"42["never"]"#).await;
    server.application.has_begun().await;
    let drained = tokio::spawn({
        let server = server.server.clone();
        async move { server.drain(Duration::ZERO).await }
    });
    assert_eq!(client.next().await, None);
    server.application.gate.add_permits(1);
    in_time("the drain", drained).await.unwrap();
    assert_eq!(records.event_names(), ["gated"]);
}

#[tokio::test]
async fn drops_a_handler_that_does_not_finish() {
    let settings = SocketSettings { handler_grace: Duration::from_millis(50), ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let mut client = server.client().await;
    let socket = records.connected().await;
    client.send(r#"42["gated"]"#).await;
    server.application.has_begun().await;
    socket.close(Reason::Application);
    assert_eq!(records.disconnected().await, Reason::Application);
    server.has_connections(0).await;
    server.application.gate.add_permits(1);
    assert_eq!(records.event_names(), [""; 0]);
}

#[tokio::test]
async fn refuses_connections_while_draining() {
    let (server, _records) = start().await;
    server.drain(Duration::ZERO).await;
    let url = format!("http://{}/socket.io/?EIO=4&transport=polling", server.address);
    assert_eq!(http().get(url).send().await.unwrap().status(), 503);
}
