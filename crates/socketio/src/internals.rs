//! Entry points for the fuzz targets and for test suites of others. No part of the public interface.

use std::future::poll_fn;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;

use crate::engine::packet::parse_payload;
use crate::engine::websocket::handshake::Handshake;
use crate::engine::websocket::{Decoder, WebSocket, WebSocketMessage};
use crate::engine::{ClientMessage, Driver, Engine};
use crate::frame::Frame;
use crate::packet::{Packet, PacketKind};
use crate::reason::Reason;
use crate::settings::SocketSettings;

const MAX_PACKETS: usize = 16;
const MAX_PAYLOAD: usize = 1000;

/// Parses the body of a POST.
pub fn parse_post(body: &[u8]) {
    if let Ok(packets) = parse_payload(body, MAX_PACKETS) {
        assert!((1..=MAX_PACKETS).contains(&packets.len()));
    }
}

/// Parses a packet of Socket.IO. If it is an event, it is the same after another round trip.
pub fn parse_packet(text: &str) {
    let Ok(Packet { namespace, kind: PacketKind::Event(event) }) = Packet::parse(text) else { return };
    let args = if event.args.is_empty() { &[][..] } else { &[event.args] };
    let frame = Frame::event(namespace, &event.name, args);
    let encoded = String::from_utf8_lossy(frame.as_bytes());
    match Packet::parse(&encoded[1..]) {
        Ok(Packet { namespace: again, kind: PacketKind::Event(same) }) => {
            assert_eq!((namespace, event.name, event.args), (again, same.name, same.args));
        }
        other => panic!("{encoded} became {other:?}"),
    }
}

/// Decodes frames of a WebSocket. The result does not depend on how the bytes are cut.
pub fn decode_frames(bytes: &[u8]) {
    let decode = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut decoder = Decoder::new(MAX_PAYLOAD);
        let mut messages = Vec::new();
        for piece in pieces {
            decoder.feed(piece);
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
        (messages, None)
    };
    assert_eq!(decode(&mut std::iter::once(bytes)), decode(&mut bytes.chunks(1)));
}

/// Returns an Engine.IO server that sends every message back.
pub fn engine_echo(settings: SocketSettings) -> Router {
    Engine::router(&Engine::new(settings, None, |driver| {
        tokio::spawn(echo_messages(driver));
    }))
}

async fn echo_messages(mut driver: Driver) {
    driver.connection().establish();
    while let Ok(message) = driver.receive().await {
        let frame = match message {
            ClientMessage::Text(text) => Frame::encoded(["4", text.as_str()].concat()),
            ClientMessage::Binary(bytes) => Frame::binary(bytes),
        };
        // An error means that the connection has ended, which `receive` returns next.
        let _ = driver.connection().send(frame);
    }
    driver.linger().await;
}

/// Returns a WebSocket server that sends every message back, at any path.
pub fn websocket_echo(max_payload: usize) -> Router {
    Router::new().fallback(async move |request: Request| {
        let settings = SocketSettings { max_payload_before_connect: max_payload, ..SocketSettings::default() };
        match Handshake::check(&mut request.into_parts().0) {
            Ok(handshake) => handshake.accept(Arc::new(settings), echo_websocket),
            Err(error) => error.into_response(),
        }
    })
}

async fn echo_websocket(mut websocket: WebSocket) {
    let reason = loop {
        if let Err(reason) = echo_message(&mut websocket).await {
            break reason;
        }
    };
    if let Some(websocket) = websocket.close(Vec::new(), reason) {
        websocket.linger().await;
    }
}

async fn echo_message(websocket: &mut WebSocket) -> Result<(), Reason> {
    let frame = match poll_fn(|cx| websocket.poll_message(cx)).await? {
        WebSocketMessage::Text(text) => Frame::encoded(text),
        WebSocketMessage::Binary(bytes) => Frame::binary(bytes),
    };
    websocket.start_write(vec![frame]);
    poll_fn(|cx| websocket.poll_write(cx)).await.map(drop)
}
