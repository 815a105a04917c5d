use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use socketio::{Frame, Reason, SocketSettings};
use tungstenite::Message;

use crate::server::{check, start, start_with};
use testkit::socketio::WebSocketClient;

#[tokio::test]
async fn handles_an_event_that_comes_right_after_connect() {
    let (server, mut records) = start().await;
    for _ in 0..50 {
        let mut client = WebSocketClient::open(server.address).await.unwrap();
        client.stream.feed(Message::text("40")).await.unwrap();
        client.stream.feed(Message::text(r#"421["early"]"#)).await.unwrap();
        client.stream.flush().await.unwrap();
        assert_eq!(records.event().await.name, "early");
    }
}

#[tokio::test]
async fn answers_connect_before_anything_else() {
    let (server, _records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    client.stream.feed(Message::text("40")).await.unwrap();
    client.stream.feed(Message::text(r#"421["early"]"#)).await.unwrap();
    client.stream.flush().await.unwrap();
    assert!(client.text().await.starts_with("0{"));
    assert!(client.text().await.starts_with("40{"));
    assert_eq!(client.text().await, r#"42["welcome"]"#);
    assert_eq!(client.text().await, "431[]");
}

#[tokio::test]
async fn handles_the_events_of_a_client_one_after_the_other() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    for number in 0..200 {
        let name = if number % 3 == 0 { "gated" } else { "plain" };
        client.send(&format!(r#"42["{name}",{number}]"#)).await;
    }
    let application = server.application.clone();
    let opener = tokio::spawn(async move {
        for _ in 0..67 {
            application.gate.add_permits(1);
            tokio::task::yield_now().await;
        }
    });
    for number in 0..200 {
        assert_eq!(records.event().await.args, format!("[{number}]"));
    }
    opener.await.unwrap();
}

#[tokio::test]
async fn writes_while_a_handler_runs() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    let socket = records.connected().await;
    client.send(r#"42["gated"]"#).await;
    socket.emit(Frame::event("/", "meanwhile", &["1", "{}"])).unwrap();
    assert_eq!(client.text().await, r#"42["meanwhile",1,{}]"#);
    server.application.gate.add_permits(1);
    assert_eq!(records.event().await.name, "gated");
}

#[tokio::test]
async fn delivers_all_frames_in_order_to_all_clients() {
    let settings = SocketSettings { outbox_packets: 100_000, outbox_bytes: 100_000_000, ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let mut clients = Vec::new();
    let mut sockets = Vec::new();
    for _ in 0..20 {
        clients.push(server.client().await);
        sockets.push(records.connected().await);
    }
    let readers = clients.into_iter().map(|mut client| async move {
        for number in 0..500 {
            assert_eq!(client.text().await, format!(r#"42["n",{number}]"#));
        }
    });
    for number in 0..500 {
        let frame = Frame::event("/", "n", &[&number.to_string()]);
        for socket in &sockets {
            socket.emit(frame.clone()).unwrap();
        }
    }
    futures_util::future::join_all(readers).await;
}

#[tokio::test]
async fn carries_attachments_both_ways() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    let socket = records.connected().await;
    client.send(r#"452-9["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#).await;
    client.send_message(Message::binary(b"one".to_vec())).await;
    client.send_message(Message::binary(Vec::new())).await;
    let event = records.event().await;
    assert_eq!(event.attachments, [&b"one"[..], b""]);
    let ack = r#"462-9[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    assert_eq!(client.text().await, ack);
    assert_eq!(client.binary().await, b"one");
    assert_eq!(client.binary().await, b"");
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    socket.emit(Frame::binary_event("/", "b", &[placeholder], vec![b"x".to_vec().into()])).unwrap();
    assert_eq!(client.text().await, format!(r#"451-["b",{placeholder}]"#));
    assert_eq!(client.binary().await, b"x");
}

#[tokio::test]
async fn passes_arguments_on_as_they_are() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    for (sent, args) in [
        (r#"42[ "a" , 1.50 ,{"k" : [ ] } ]"#, r#"[1.50 ,{"k" : [ ] }]"#),
        (r#"42["a","]",[[]]]"#, r#"["]",[[]]]"#),
        (r#"42["a"]"#, "[]"),
        (r#"42["\u0061é",12345678901234567890123]"#, "[12345678901234567890123]"),
    ] {
        client.send(sent).await;
        assert_eq!(records.event().await.args, args);
    }
}

#[tokio::test]
async fn sends_nothing_after_the_end() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    let socket = records.connected().await;
    socket.emit(Frame::event("/", "last", &[])).unwrap();
    socket.close(Reason::Application);
    assert!(socket.is_closed());
    assert!(socket.emit(Frame::event("/", "late", &[])).is_err());
    assert!(socket.emit_when_ready(Frame::event("/", "late", &[])).await.is_err());
    assert_eq!(client.rest().await, [r#"42["last"]"#]);
    assert_eq!(records.disconnected().await, Reason::Application);
    server.has_connections(0).await;
    assert_eq!(records.disconnects(), []);
}

#[tokio::test]
async fn emits_once_there_is_room() {
    let (server, mut records) = start_with(SocketSettings { outbox_packets: 2, ..SocketSettings::default() }).await;
    let mut client = server.client().await;
    let socket = Arc::new(records.connected().await);
    let sender = tokio::spawn({
        let socket = socket.clone();
        async move {
            for number in 0..1000 {
                socket.emit_when_ready(Frame::event("/", "n", &[&number.to_string()])).await.unwrap();
            }
        }
    });
    for number in 0..1000 {
        assert_eq!(client.text().await, format!(r#"42["n",{number}]"#));
    }
    sender.await.unwrap();
}

#[tokio::test]
async fn answers_pings_of_the_websocket_itself() {
    let (server, _records) = start().await;
    let mut client = server.client().await;
    client.stream.send(Message::Ping(b"x".to_vec().into())).await.unwrap();
    assert_eq!(client.stream.next().await.unwrap().unwrap(), Message::Pong(b"x".to_vec().into()));
    check(&mut client).await;
}
