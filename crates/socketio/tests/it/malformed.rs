use crate::server::{check, start};
use socketio::Reason;
use testkit::socketio::WebSocketClient;
use tungstenite::Message;

/// Texts after which the server must hang up on a client in the main namespace.
const BROKEN: &[&str] = &[
    // Engine.IO
    "",
    "0",
    "2",
    "2probe",
    "3x",
    "5",
    "7",
    "8",
    "abc",
    "b",
    "é",
    "\u{1e}",
    "1x",
    "6x",
    "9",
    "x",
    "😀",
    " 2",
    "0{}",
    "2x",
    "bAAAA",
    // Socket.IO: types and counts of attachments
    "4",
    "47",
    "49",
    "4é",
    "4😀",
    "4x",
    "45[\"a\"]",
    "451-[\"a\",{\"_placeholder\":true,\"num\":0}]42[]",
    "4-",
    "45",
    "45-",
    "45x-[\"a\"]",
    "4511-[\"a\"]",
    "45+1-[\"a\"]",
    "46-1[]",
    "4599999999999999999999-[\"a\"]",
    // ack ids
    "42abc[\"a\"]",
    "42-1[\"a\"]",
    "4299999999999999999999[\"a\"]",
    "401{}",
    "43[]",
    "411",
    // payloads
    "42",
    "42{}",
    "42[]",
    "42[1]",
    "42[null]",
    "42[[\"a\"]]",
    "42[{}]",
    "42[\"a\"",
    "42[\"a\"]]",
    "42[\"a\",]",
    "42\"a\"",
    "42[\"a\" 1]",
    "42[\"connect\"]",
    "42[\"disconnect\"]",
    "42[\"newListener\"]",
    "42[\"\\ud800\"]",
    "41{}",
    "431{}",
    "431",
    "44",
    "44{\"message\":\"x\"}",
    // namespaces
    "40",
    "40{}",
    "40[]",
    "40/n,[]",
    "40/n,{",
    "40/n,1",
    "40/n,\"a\"",
    "42/n,[\"a\"]",
    "41/n",
    "41/n,",
    "43/n,1[]",
    "40/n,{}x",
];

#[tokio::test]
async fn closes_only_clients_that_violate_the_protocol() {
    let (server, mut records) = start().await;
    let mut bystander = server.client().await;
    for text in BROKEN {
        let mut client = server.client().await;
        client.send(text).await;
        assert_eq!(client.rest().await, [""; 0], "{text:?}");
        assert_eq!(records.disconnected().await, Reason::ProtocolError, "{text:?}");
        check(&mut bystander).await;
    }
    server.has_connections(1).await;
    assert_eq!(records.disconnects(), []);
}

#[tokio::test]
async fn closes_clients_that_post_malformed_packets() {
    let (server, mut records) = start().await;
    let bystander = server.polling().await;
    let bodies = BROKEN.iter().map(|text| text.as_bytes().to_vec());
    // A separator with nothing to separate, bad base64, and bytes that are no text.
    let more = [b"42[\"a\"]\x1e".to_vec(), b"b!".to_vec(), b"4\xff".to_vec(), vec![0x1e; 5000], b"3\x1e".repeat(5000)];
    for body in bodies.chain(more) {
        let client = server.polling().await;
        let (status, _) = client.post(body.clone()).await;
        // What is wrong above Engine.IO shows only when the packet's turn has come.
        assert!(status == 400 || matches!(body[..], [b'4' | b'b', ..]), "{body:?}: {status}");
        assert_eq!(records.disconnected().await, Reason::ProtocolError, "{body:?}");
        assert_eq!(client.poll().await.0, 400, "{body:?}");
    }
    assert_eq!(bystander.post(r#"421["check"]"#).await.0, 200);
    assert_eq!(bystander.poll().await.1, "431[]");
}

#[tokio::test]
async fn closes_clients_that_misplace_attachments() {
    let (server, mut records) = start().await;
    let mut unannounced = server.client().await;
    unannounced.send_message(Message::binary(b"surprise".to_vec())).await;
    assert_eq!(unannounced.next().await, None);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);

    let mut interrupted = server.client().await;
    interrupted.send(r#"451-["a",{"_placeholder":true,"num":0}]"#).await;
    interrupted.send(r#"42["b"]"#).await;
    assert_eq!(interrupted.next().await, None);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
}

#[tokio::test]
async fn closes_clients_whose_messages_are_too_large() {
    let (server, mut records) = start().await;
    let event = |bytes: usize| format!(r#"42["a","{}"]"#, "x".repeat(bytes - r#"42["a",""]"#.len()));
    let text = event(1_000_001);
    let mut client = server.client().await;
    client.send(&event(1_000_000)).await;
    check(&mut client).await;
    client.send(&text).await;
    assert_eq!(client.next().await, None);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);

    let client = server.polling().await;
    let (status, _) = client.post(text).await;
    assert_eq!(status, 413);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
    assert_eq!(client.poll().await.0, 400);
}

#[tokio::test]
async fn closes_a_client_whose_attachments_are_too_large() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    client.send(r#"452-["a"]"#).await;
    for _ in 0..2 {
        client.send_message(Message::binary(vec![7; 600_000])).await;
    }
    assert_eq!(client.next().await, None);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
}

#[tokio::test]
async fn closes_a_client_that_does_not_connect_first() {
    let (server, _records) = start().await;
    for text in [r#"42["a"]"#, "431[]", "41"] {
        let mut client = WebSocketClient::open(server.address).await.unwrap();
        client.send(text).await;
        assert_eq!(client.rest().await.len(), 1, "{text}");
    }
}

#[tokio::test]
async fn accepts_packets_that_mean_nothing() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    // A NOOP, a pong for no ping, the answer to an event that expected none, and one with attachments.
    for text in ["6", "3", "431[]", r#"461-2[{"_placeholder":true,"num":0}]"#] {
        client.send(text).await;
    }
    client.send_message(Message::binary(b"x".to_vec())).await;
    check(&mut client).await;
    drop(client);
    assert_eq!(records.disconnected().await, Reason::TransportClose);
}
