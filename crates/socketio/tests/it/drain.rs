use std::time::Duration;

use futures_util::StreamExt;
use socketio::{Reason, Settings};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    application::PATIENCE,
    client::{PollClient, WsClient},
    server::{start, start_with},
};

#[tokio::test]
async fn closes_everyone_without_telling_them_to_stay_away() {
    let (server, mut records) = start().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(WsClient::connected(server.address).await);
    }
    let polling = PollClient::connected(server.address).await;
    let poll = tokio::spawn(async move { polling.poll().await });
    timeout(PATIENCE, server.drain(Duration::from_millis(50)))
        .await
        .unwrap();
    assert_eq!(server.connections(), 0);
    assert_eq!(records.disconnects().len(), 21);
    for mut client in clients {
        // A closing frame and no packet.
        assert!(matches!(client.0.next().await, Some(Ok(Message::Close(_)))));
    }
    assert!(["1", ""].contains(&poll.await.unwrap().1.trim_start_matches(|c| c != '1')));
    assert!(WsClient::open(server.address, None).await.is_err());
}

#[tokio::test]
async fn spreads_the_closing() {
    let (server, mut records) = start().await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(WsClient::connected(server.address).await);
    }
    let (over, start) = (Duration::from_millis(500), Instant::now());
    let drained = tokio::spawn({
        let server = server.server.clone();
        async move { server.drain(over).await }
    });
    assert_eq!(records.disconnected().await, Reason::Shutdown);
    let first = start.elapsed();
    timeout(PATIENCE, drained).await.unwrap().unwrap();
    assert!(
        start.elapsed() - first >= over / 2,
        "all were closed at once"
    );
}

#[tokio::test]
async fn lets_a_running_handler_finish() {
    let (server, mut records) = start().await;
    let mut client = WsClient::connected(server.address).await;
    client.send(r#"42["gated"]"#).await;
    client.send(r#"42["never"]"#).await;
    // The handler has begun once its permit is waited for; an ack cannot tell, so the connection's end does.
    let drained = tokio::spawn({
        let server = server.server.clone();
        async move { server.drain(Duration::ZERO).await }
    });
    assert_eq!(client.next().await, None);
    server.application.gate.add_permits(1);
    timeout(PATIENCE, drained).await.unwrap().unwrap();
    let reason = records.disconnected().await;
    assert_eq!(reason, Reason::Shutdown);
}

#[tokio::test]
async fn drops_a_handler_that_does_not_finish() {
    let settings = Settings {
        handler_grace: Duration::from_millis(50),
        ..Settings::default()
    };
    let (server, mut records) = start_with(settings).await;
    let mut client = WsClient::connected(server.address).await;
    let socket = records.connected().await;
    client.send(r#"42["gated"]"#).await;
    client.send(r#"42["never"]"#).await;
    socket.close(Reason::Application);
    assert_eq!(records.disconnected().await, Reason::Application);
    server.has_connections(0).await;
}

#[tokio::test]
async fn closes_who_comes_while_draining() {
    let (server, _records) = start().await;
    server.drain(Duration::ZERO).await;
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        server.address
    );
    assert_eq!(reqwest::get(url).await.unwrap().status(), 503);
}
