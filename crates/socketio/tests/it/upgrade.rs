use std::time::Duration;

use socketio::{Frame, Reason, Socket, SocketSettings};

use crate::application::Records;
use crate::server::{Running, check, start, start_with};
use testkit::socketio::{PollingClient, WebSocketClient};

/// A session that has been probed but not upgraded.
async fn probed(server: &Running<crate::application::Recorder>, client: &PollingClient) -> WebSocketClient {
    let mut socket = server.upgrade(&client.sid).await.unwrap();
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    socket
}

fn emit(socket: &Socket, numbers: std::ops::Range<u32>) {
    for number in numbers {
        socket.emit(Frame::event("/", "n", &[&number.to_string()])).unwrap();
    }
}

async fn polling() -> (Running<crate::application::Recorder>, Records, PollingClient, Socket) {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let socket = records.connected().await;
    (server, records, client, socket)
}

#[tokio::test]
async fn loses_nothing_and_keeps_the_order() {
    let (server, mut records, client, socket) = polling().await;
    emit(&socket, 0..3);
    let polled = client.poll().await.1;
    assert_eq!(polled, "42[\"n\",0]\x1e42[\"n\",1]\x1e42[\"n\",2]");
    let mut upgrading = probed(&server, &client).await;
    emit(&socket, 3..6);
    // Frames wait for the WebSocket; the poll is only ended.
    assert_eq!(client.poll().await, (200, "6".to_owned()));
    emit(&socket, 6..8);
    assert_eq!(client.post("42[\"gated\",0]\x1e42[\"a\",1]").await.0, 200);
    upgrading.send("5").await;
    upgrading.send(r#"42["a",2]"#).await;
    for number in 3..8 {
        assert_eq!(upgrading.text().await, format!(r#"42["n",{number}]"#));
    }
    server.application.gate.add_permits(1);
    for number in 0..3 {
        assert_eq!(records.event().await.args, format!("[{number}]"));
    }
    emit(&socket, 8..9);
    assert_eq!(upgrading.text().await, r#"42["n",8]"#);
    assert_eq!(client.poll().await.0, 400);
    assert_eq!(client.post(r#"42["a"]"#).await.0, 400);
    check(&mut upgrading).await;
}

#[tokio::test]
async fn ends_the_poll_that_waits_when_the_probe_comes() {
    let (server, _records, client, socket) = polling().await;
    let client = std::sync::Arc::new(client);
    let poll = tokio::spawn({
        let client = client.clone();
        async move { client.poll().await }
    });
    let mut upgrading = probed(&server, &client).await;
    assert_eq!(poll.await.unwrap(), (200, "6".to_owned()));
    upgrading.send("5").await;
    emit(&socket, 0..1);
    assert_eq!(upgrading.text().await, r#"42["n",0]"#);
}

#[tokio::test]
async fn continues_to_poll_when_the_upgrade_fails() {
    let (server, _records, client, socket) = polling().await;
    for word in [None, Some("4hello"), Some("2"), Some("3probe"), Some("")] {
        let mut upgrading = server.upgrade(&client.sid).await.unwrap();
        match word {
            Some(word) => {
                upgrading.send(word).await;
                assert_eq!(upgrading.rest().await, [""; 0], "{word}");
            }
            None => drop(upgrading),
        }
        emit(&socket, 0..1);
        assert_eq!(client.poll().await.1, r#"42["n",0]"#);
    }
    drop(probed(&server, &client).await);
    emit(&socket, 1..2);
    let mut answer = client.poll().await.1;
    while answer == "6" {
        answer = client.poll().await.1;
    }
    assert_eq!(answer, r#"42["n",1]"#);
}

#[tokio::test]
async fn aborts_an_upgrade_that_takes_too_long() {
    let settings = SocketSettings { upgrade_timeout: Duration::from_millis(100), ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let client = server.polling().await;
    let socket = records.connected().await;
    let mut silent = server.upgrade(&client.sid).await.unwrap();
    assert_eq!(silent.next().await, None);
    let mut half = probed(&server, &client).await;
    assert_eq!(half.next().await, None);
    emit(&socket, 0..1);
    assert_eq!(client.poll().await.1, r#"42["n",0]"#);
}

#[tokio::test]
async fn refuses_further_websockets() {
    let (server, _records, client, _socket) = polling().await;
    let mut first = probed(&server, &client).await;
    let mut second = server.upgrade(&client.sid).await.unwrap();
    assert_eq!(second.next().await, None);
    first.send("5").await;
    let mut third = server.upgrade(&client.sid).await.unwrap();
    assert_eq!(third.next().await, None);
    check(&mut first).await;
    let unknown = "A".repeat(22);
    assert!(server.upgrade(&unknown).await.is_err());
}

#[tokio::test]
async fn ends_an_upgrade_with_its_session() {
    let (server, mut records, client, socket) = polling().await;
    let mut upgrading = probed(&server, &client).await;
    socket.close(Reason::Application);
    assert_eq!(upgrading.next().await, None);
    assert_eq!(records.disconnected().await, Reason::Application);
    server.has_connections(0).await;
}

#[tokio::test]
async fn pings_after_an_upgrade() {
    let settings = SocketSettings {
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(1_500),
        ..SocketSettings::default()
    };
    let (server, mut records) = start_with(settings).await;
    let client = server.polling().await;
    let mut upgrading = probed(&server, &client).await;
    upgrading.send("5").await;
    // Pings are answered by the helper, so this lasts longer than a client that says nothing would.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(600)).await;
        check(&mut upgrading).await;
    }
    while futures_util::StreamExt::next(&mut upgrading.stream).await.is_some_and(|message| message.is_ok()) {}
    assert_eq!(records.disconnected().await, Reason::PingTimeout);
}
