use proptest::prelude::*;

use super::*;

fn message(text: &str) -> EnginePacket {
    EnginePacket::Message(ClientMessage::Text(MessageText(format!("4{text}"))))
}

fn binary(bytes: &'static [u8]) -> EnginePacket {
    EnginePacket::Message(ClientMessage::Binary(Bytes::from_static(bytes)))
}

#[test]
fn parses_every_kind_of_packet() {
    for (text, packet) in [
        ("0", EnginePacket::Open),
        ("1", EnginePacket::Close),
        ("2", EnginePacket::Ping),
        ("2probe", EnginePacket::Probe),
        ("3", EnginePacket::Pong),
        ("4", message("")),
        ("4é", message("é")),
        ("5", EnginePacket::Upgrade),
        ("6", EnginePacket::Noop),
    ] {
        assert_eq!(EnginePacket::parse(text.to_owned()), Ok(packet), "{text}");
    }
}

#[test]
fn rejects_malformed_packets() {
    for (text, error) in [
        ("", EnginePacketError::Type),
        ("7", EnginePacketError::Type),
        ("é", EnginePacketError::Type),
        ("bAQ==", EnginePacketError::Type),
        ("1x", EnginePacketError::Data),
        ("3probe", EnginePacketError::Data),
    ] {
        assert_eq!(EnginePacket::parse(text.to_owned()), Err(error), "{text}");
    }
}

#[test]
fn parses_payloads() {
    let packets = parse_payload("4a\x1ebAQID\x1ebAQ==\x1ebAQ\x1e3".as_bytes(), 5);
    let expected = vec![message("a"), binary(&[1, 2, 3]), binary(&[1]), binary(&[1]), EnginePacket::Pong];
    assert_eq!(packets, Ok(expected));
}

#[test]
fn rejects_malformed_payloads() {
    for (body, error) in [
        (&b""[..], EnginePacketError::Type),
        (b"4a\x1e", EnginePacketError::Type),
        (b"b!", EnginePacketError::Base64),
        (b"4\xff", EnginePacketError::Utf8),
        (b"3\x1e3\x1e3", EnginePacketError::TooMany),
    ] {
        assert_eq!(parse_payload(body, 2), Err(error), "{body:?}");
    }
}

proptest! {
    #[test]
    fn never_panics(body: Vec<u8>) {
        let _ = parse_payload(&body, 8);
    }

    #[test]
    fn payloads_survive_a_round_trip(
        messages in prop::collection::vec(("[^\u{1e}]{0,9}", prop::option::of(prop::collection::vec(any::<u8>(), 0..20))), 1..8),
    ) {
        let mut frames = Vec::new();
        let mut expected = Vec::new();
        for (text, bytes) in messages {
            frames.push(Frame::encoded(format!("4{text}")));
            expected.push(message(&text));
            if let Some(bytes) = bytes.map(Bytes::from) {
                frames.push(Frame::binary(bytes.clone()));
                expected.push(EnginePacket::Message(ClientMessage::Binary(bytes)));
            }
        }
        prop_assert_eq!(parse_payload(&encode_payload(&frames), 16), Ok(expected));
    }
}
