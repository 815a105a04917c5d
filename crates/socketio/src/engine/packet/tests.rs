use proptest::prelude::*;

use super::*;

fn message(text: &str) -> Packet {
    Packet::Message(Message::Text(Text(format!("4{text}"))))
}

fn binary(bytes: &'static [u8]) -> Packet {
    Packet::Message(Message::Binary(Bytes::from_static(bytes)))
}

#[test]
fn reads_every_kind_of_packet() {
    for (text, packet) in [
        ("0", Packet::Open),
        ("1", Packet::Close),
        ("2", Packet::Ping(false)),
        ("2probe", Packet::Ping(true)),
        ("3", Packet::Pong),
        ("4", message("")),
        ("4é", message("é")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ] {
        assert_eq!(Packet::parse(text.to_owned()), Ok(packet), "{text}");
    }
}

#[test]
fn refuses_what_is_malformed() {
    for (text, error) in [
        ("", Malformed::Type),
        ("7", Malformed::Type),
        ("é", Malformed::Type),
        ("bAQ==", Malformed::Type),
        ("1x", Malformed::Data),
        ("3probe", Malformed::Data),
    ] {
        assert_eq!(Packet::parse(text.to_owned()), Err(error), "{text}");
    }
}

#[test]
fn reads_payloads() {
    let packets = parse_payload("4a\x1ebAQID\x1ebAQ==\x1ebAQ\x1e3".as_bytes(), 5);
    let expected = vec![message("a"), binary(&[1, 2, 3]), binary(&[1]), binary(&[1]), Packet::Pong];
    assert_eq!(packets, Ok(expected));
}

#[test]
fn refuses_bad_payloads() {
    for (body, error) in [
        (&b""[..], Malformed::Type),
        (b"4a\x1e", Malformed::Type),
        (b"b!", Malformed::Base64),
        (b"4\xff", Malformed::Utf8),
        (b"3\x1e3\x1e3", Malformed::TooMany),
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
    fn payloads_are_read_as_they_were_written(
        messages in prop::collection::vec(("[^\u{1e}]{0,9}", prop::option::of(prop::collection::vec(any::<u8>(), 0..20))), 1..8),
    ) {
        let mut frames = Vec::new();
        let mut expected = Vec::new();
        for (text, bytes) in messages {
            frames.push(Frame::text(&text));
            expected.push(message(&text));
            if let Some(bytes) = bytes.map(Bytes::from) {
                frames.push(Frame::binary(bytes.clone()));
                expected.push(Packet::Message(Message::Binary(bytes)));
            }
        }
        prop_assert_eq!(parse_payload(&encode_payload(&frames), 16), Ok(expected));
    }
}
