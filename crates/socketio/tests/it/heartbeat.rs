use std::time::Duration;

use futures_util::StreamExt;
use socketio::{Reason, SocketSettings};
use tungstenite::Message;

use crate::server::{check, start_with};
use testkit::socketio::{PollingClient, WebSocketClient};

/// Pings at once. The time for the pong is what a busy machine may take for one round trip.
fn pings() -> SocketSettings {
    SocketSettings {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_secs(5),
        ..SocketSettings::default()
    }
}

#[tokio::test]
async fn pings_a_websocket_and_closes_it_without_an_answer() {
    let (server, mut records) = start_with(pings()).await;
    let mut client = server.client().await;
    for _ in 0..3 {
        assert_eq!(client.stream.next().await.unwrap().unwrap(), Message::text("2"));
        client.send("3").await;
    }
    while client.stream.next().await.is_some_and(|message| message.is_ok()) {}
    assert_eq!(records.disconnected().await, Reason::PingTimeout);
    server.has_connections(0).await;
}

#[tokio::test]
async fn pings_a_client_that_polls_and_closes_it_without_an_answer() {
    let (server, mut records) = start_with(pings()).await;
    let client = server.polling().await;
    for _ in 0..3 {
        assert_eq!(client.poll().await, (200, "2".to_owned()));
        assert_eq!(client.post("3").await.0, 200);
    }
    assert_eq!(records.disconnected().await, Reason::PingTimeout);
    server.has_connections(0).await;
    assert_eq!(client.poll().await.0, 400);
}

#[tokio::test]
async fn does_not_mistake_a_busy_handler_for_a_dead_client() {
    let settings = SocketSettings { ping_timeout: Duration::from_millis(1_500), ..pings() };
    let busy = settings.ping_timeout * 2;
    let (server, mut records) = start_with(settings).await;
    let mut client = server.client().await;
    client.send(r#"421["gated"]"#).await;
    // The pong lies unread while the handler runs, until long after it was due.
    assert_eq!(client.stream.next().await.unwrap().unwrap(), Message::text("2"));
    client.send("3").await;
    tokio::time::sleep(busy).await;
    server.application.gate.add_permits(1);
    assert_eq!(client.text().await, "431[]");
    assert_eq!(records.event().await.name, "gated");
    check(&mut client).await;
}

#[tokio::test]
async fn closes_clients_that_do_not_connect_in_time() {
    let settings = SocketSettings { connect_timeout: Duration::from_millis(100), ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let mut silent = WebSocketClient::open(server.address).await.unwrap();
    let mut refused = WebSocketClient::open(server.address).await.unwrap();
    let mut welcome = server.client().await;
    refused.send(r#"40{"refuse":1}"#).await;
    assert_eq!(silent.rest().await.len(), 1);
    assert_eq!(refused.rest().await.len(), 2);
    let polling = PollingClient::open(server.address).await;
    assert_eq!(polling.poll().await, (200, "1".to_owned()));
    server.has_connections(1).await;
    check(&mut welcome).await;
    assert_eq!(records.disconnects(), []);
}

#[tokio::test]
async fn recycles_connections_at_the_end_of_their_lifetime() {
    let lifetime = Some(Duration::from_millis(50)..=Duration::from_millis(150));
    let (server, mut records) = start_with(SocketSettings { lifetime, ..SocketSettings::default() }).await;
    let mut client = server.client().await;
    assert_eq!(client.rest().await, [""; 0]);
    assert_eq!(records.disconnected().await, Reason::Recycled);
    server.has_connections(0).await;
}
