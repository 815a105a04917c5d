//! By WebSocket.

use tokio_tungstenite::tungstenite::Message;

use super::Beside;
use testkit::socketio::{Client, WebSocketClient};

/// Texts after which a WebSocket is closed.
const CLOSING: [&str; 40] = [
    // Engine.IO
    "",
    "9",
    "x",
    "😀",
    " 2",
    "0",
    "0{}",
    "1",
    "2",
    "2probe",
    "2x",
    "3x",
    "5",
    "6x",
    "bAAAA",
    // Socket.IO
    "4",
    "47",
    "4x",
    "4😀",
    "40",
    "40{}",
    "41/nowhere,",
    "42/nowhere,[\"x\"]",
    "44",
    "44{\"message\":\"x\"}",
    "43[]",
    "42",
    "42{}",
    "42[]",
    "42[5]",
    "42[{}]",
    "42[\"x\"",
    "42[\"x\"]]",
    "42\"x\"",
    "42[\"connect\"]",
    "42[\"disconnect\"]",
    "4299999999999999999999[\"x\"]",
    "45[\"x\"]",
    "4511-[\"x\"]",
    "451-[\"x\",{\"_placeholder\":true,\"num\":0}]42[]",
];

/// Texts that change nothing.
const IGNORED: [&str; 10] = [
    "3",
    "6",
    "4399[\"x\"]",
    "42[\"unknown\"]",
    "427[\"unknown\",{\"deep\":[[[]]]}]",
    "42[\"join-conversation\"]",
    "42[\"leave-conversation\",null]",
    "42[\"new-message-event\",{}]",
    "42[\"__proto__\"]",
    "42[\"\"]",
];

/// Whether the connection still works: whether it answers.
async fn is_open(client: &mut Client) -> bool {
    client.send("425[\"leave-conversation\"]").await;
    loop {
        match client.packet().await {
            None => return false,
            Some(text) if text.starts_with("435[false,") => return true,
            Some(_) => {}
        }
    }
}

#[tokio::test]
async fn a_malformed_text_closes_its_websocket() {
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            for text in CLOSING {
                let mut client = beside.websocket().await;
                client.send(text).await;
                assert!(!is_open(&mut client).await, "still open after {text:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_text_that_means_nothing_changes_nothing() {
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            let mut client = beside.websocket().await;
            for text in IGNORED {
                client.send(text).await;
                assert!(is_open(&mut client).await, "closed after {text:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_binary_message_must_be_announced() {
    let beside = Beside::start().await;
    let announced = "451-[\"unknown\",{\"_placeholder\":true,\"num\":0}]";
    beside
        .nobody_notices(async {
            let mut client = beside.websocket().await;
            client.socket.send_message(Message::binary(vec![4, 5])).await;
            assert!(!is_open(&mut client).await, "not announced");

            let mut client = beside.websocket().await;
            client.send(announced).await;
            client.socket.send_message(Message::binary(vec![0; 100])).await;
            assert!(is_open(&mut client).await, "announced");

            client.send(announced).await;
            assert!(!is_open(&mut client).await, "a text instead of it");
        })
        .await;
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_its_websocket() {
    const EMPTY: &str = "42[\"unknown\",\"\"]";
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            let mut client = beside.websocket().await;
            let frame = |bytes: usize| format!("42[\"unknown\",\"{}\"]", "x".repeat(bytes - EMPTY.len()));
            client.send(&frame(1_000_000)).await;
            assert!(is_open(&mut client).await);
            client.send(&frame(1_000_001)).await;
            assert!(!is_open(&mut client).await);
        })
        .await;
}

#[tokio::test]
async fn bytes_that_are_no_websocket_frames_close_the_connection() {
    let beside = Beside::start().await;
    let no_utf8 = [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe];
    let unmasked = [0x81, 0x01, b'3'];
    let reserved_bit = [0xc1, 0x81, 0, 0, 0, 0, b'3'];
    let reserved_opcode = [0x83, 0x80, 0, 0, 0, 0];
    let long_ping = [0x89, 0xfe, 0, 126, 0, 0, 0, 0];
    let huge = [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    let stray_continuation = [0x80, 0x80, 0, 0, 0, 0];
    let http = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let all: [&[u8]; 8] =
        [&no_utf8, &unmasked, &reserved_bit, &reserved_opcode, &long_ping, &huge, &stray_continuation, http];
    beside
        .nobody_notices(async {
            for bytes in all {
                let mut client = beside.websocket().await;
                client.socket.send_raw(bytes).await;
                assert_eq!(client.packet().await, None, "{bytes:x?}");
            }
        })
        .await;
}

/// A WebSocket whose first packet has been read.
async fn opened(beside: &Beside) -> WebSocketClient {
    let mut client = WebSocketClient::open(beside.connector().address()).await.expect("a WebSocket");
    assert!(client.text().await.starts_with("0{"));
    client
}

#[tokio::test]
async fn who_does_not_connect_is_closed() {
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            for text in ["42[\"join-conversation\",\"projects/p/conversations/x\"]", "431[]", "41"] {
                let mut client = opened(&beside).await;
                client.send(text).await;
                assert_eq!(client.next().await, None, "{text}");
            }
            let mut silent = opened(&beside).await;
            assert_eq!(silent.next().await, None, "a client that says nothing");
        })
        .await;
}
