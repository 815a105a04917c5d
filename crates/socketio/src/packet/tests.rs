use proptest::prelude::*;

use super::*;

fn event(name: &str, args: &'static str, attachments: usize, ack: Option<u64>) -> PacketKind<'static> {
    PacketKind::Event(RawEvent { name: name.to_owned(), args, attachments, ack: ack.map(AckId) })
}

#[test]
fn parses_every_kind_of_packet() {
    for (text, namespace, kind) in [
        ("0", "/", PacketKind::Connect(None)),
        (r#"0{"token":"x"}"#, "/", PacketKind::Connect(Some(r#"{"token":"x"}"#))),
        ("0/n", "/n", PacketKind::Connect(None)),
        (r#"0/n?a=b,{"c":1} "#, "/n?a=b", PacketKind::Connect(Some(r#"{"c":1}"#))),
        ("1", "/", PacketKind::Disconnect),
        ("1/n,", "/n", PacketKind::Disconnect),
        (r#"2["a"]"#, "/", event("a", "", 0, None)),
        (r#"2/n,12["a",1,[2]]"#, "/n", event("a", "1,[2]", 0, Some(12))),
        (r#"218446744073709551615["a"]"#, "/", event("a", "", 0, Some(u64::MAX))),
        (r#"50-["a"]"#, "/", event("a", "", 0, None)),
        (
            r#"510-/n,0["a",{"_placeholder":true,"num":0}]"#,
            "/n",
            event("a", r#"{"_placeholder":true,"num":0}"#, 10, Some(0)),
        ),
        ("31[]", "/", PacketKind::Ack(0)),
        ("62-/n,1[3]", "/n", PacketKind::Ack(2)),
        ("4", "/", PacketKind::ConnectError),
    ] {
        assert_eq!(Packet::parse(text), Ok(Packet { namespace, kind }), "{text}");
    }
}

#[test]
fn rejects_malformed_packets() {
    for (text, error) in [
        ("", PacketError::Type),
        ("7", PacketError::Type),
        ("é", PacketError::Type),
        ("5[\"a\"]", PacketError::Attachments),
        ("5-[\"a\"]", PacketError::Attachments),
        ("511-[\"a\"]", PacketError::Attachments),
        ("5+1-[\"a\"]", PacketError::Attachments),
        ("218446744073709551616[\"a\"]", PacketError::Ack),
        ("01{}", PacketError::Ack),
        ("11", PacketError::Ack),
        ("3[]", PacketError::Ack),
        ("0[]", PacketError::Payload),
        ("0{", PacketError::Payload),
        ("1{}", PacketError::Payload),
        ("2", PacketError::Payload),
        ("2[]", PacketError::Payload),
        ("2[1]", PacketError::Payload),
        ("2[\"a\",]", PacketError::Payload),
        ("2[\"a\"]x", PacketError::Payload),
        ("2[\"connect_error\"]", PacketError::Payload),
        ("31{}", PacketError::Payload),
    ] {
        assert_eq!(Packet::parse(text), Err(error), "{text}");
    }
}

#[test]
fn accepts_deeply_nested_arguments() {
    let depth = 200_000;
    let text = format!("2[\"a\",{}{}]", "[".repeat(depth), "]".repeat(depth));
    assert!(Packet::parse(&text).is_ok());
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,40}") {
        let _ = Packet::parse(&text);
    }

    #[test]
    fn never_panics_on_plausible_packets(text in r#"[0-7]([0-9]{0,3}-)?(/[a-z,]{0,3})?[0-9]{0,22}[\[\]{}",a1 \\]{0,12}"#) {
        let _ = Packet::parse(&text);
    }
}
