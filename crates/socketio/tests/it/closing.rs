//! The code with which a WebSocket is closed: <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>.

use futures_util::StreamExt as _;
use socketio::{Reason, SocketSettings};
use testkit::in_time;
use testkit::socketio::WebSocketClient;
use tokio::io::AsyncWriteExt as _;
use tungstenite::Message;

use crate::server::{start, start_with};

/// A final frame as a client sends it, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(len @ 0..126) => frame.push(0x80 | len.to_be_bytes()[1]),
        Ok(len) => frame.extend([&[0xfe][..], &len.to_be_bytes()].concat()),
        Err(_) => frame.extend([&[0xff][..], &(payload.len() as u64).to_be_bytes()].concat()),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// The code that the client gets, after the messages before it.
async fn close_code(client: &mut WebSocketClient) -> Option<u16> {
    loop {
        match in_time("the end", client.stream.next()).await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            other => panic!("{other:?} instead of a close frame"),
        }
    }
}

#[tokio::test]
async fn the_close_code_says_what_the_client_did_wrong() {
    let (server, mut records) = start().await;
    for (bytes, code) in [
        (frame(TEXT, b"42[\"\x80\"]"), 1007),
        (frame(TEXT, b"42[\"\xed\xa0\x80\"]"), 1007),
        (frame(CLOSE, &[3, 232, 0xff]), 1007),
        (frame(TEXT, &vec![b'4'; 1_000_001]), 1009),
        (frame(TEXT, &vec![b'4'; 5_000_000]), 1009),
        ([frame(0x01, &vec![b'4'; 600_000]), frame(0x80, &vec![b'4'; 600_000])].concat(), 1009),
        // An announced length of 2^63 - 1 bytes.
        ([&[TEXT, 0xff, 0x7f][..], &[0xff; 7], &[0; 4]].concat(), 1009),
        // A reserved bit, a reserved opcode, a continuation of nothing, a frame without a mask, a ping of 126 bytes.
        (frame(0xc1, b"3"), 1002),
        (frame(0x83, b""), 1002),
        (frame(0x80, b"3"), 1002),
        (vec![TEXT, 1, b'3'], 1002),
        (frame(0x89, &[0; 126]), 1002),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, &1005u16.to_be_bytes()), 1002),
        (frame(TEXT, b"not Engine.IO"), 1002),
        (frame(TEXT, b"4not Socket.IO"), 1002),
    ] {
        let mut client = server.client().await;
        // A reset would break this off, and might overtake the close frame.
        client.stream.get_mut().write_all(&bytes).await.unwrap();
        assert_eq!(close_code(&mut client).await, Some(code), "{:?}", &bytes[..bytes.len().min(30)]);
        assert_eq!(records.disconnected().await, Reason::ProtocolError);
    }
    server.has_connections(0).await;
}

#[tokio::test]
async fn repeats_the_close_code_of_the_client() {
    let (server, mut records) = start().await;
    for (payload, code) in [(vec![], 1000), (vec![3, 233], 1001), ([&[0x0f, 0xa0][..], b"bye"].concat(), 4000)] {
        let mut client = server.client().await;
        client.send_raw(&frame(CLOSE, &payload)).await;
        assert_eq!(close_code(&mut client).await, Some(code));
        assert_eq!(records.disconnected().await, Reason::TransportClose);
    }
}

#[tokio::test]
async fn the_close_code_says_that_the_server_is_drained() {
    let (server, _records) = start().await;
    let mut client = server.client().await;
    server.drain(std::time::Duration::ZERO).await;
    assert_eq!(close_code(&mut client).await, Some(1001));
}

#[tokio::test]
async fn a_client_that_ignores_the_close_frame_is_dropped() {
    let settings = SocketSettings { max_payload: 1000, ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let mut client = server.client().await;
    client.send_raw(&frame(TEXT, &[b'4'; 1001])).await;
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
    // Neither reads nor closes.
    server.has_connections(0).await;
    assert_eq!(close_code(&mut client).await, Some(1009));
}
