use super::*;
use crate::packet::{Packet, PacketKind};

fn text(frame: &Frame) -> &str {
    std::str::from_utf8(frame.as_bytes()).unwrap()
}

#[test]
fn encodes_packets_as_specified() {
    let bytes = Bytes::from_static(b"x");
    for (frame, expected) in [
        (Frame::event("/", "a", &[]), r#"42["a"]"#),
        (Frame::event("/n", "a\"\u{1}é", &["1", "{}"]), r#"42/n,["a\"\u0001é",1,{}]"#),
        (Frame::binary_event("/n", "a", &["1"], vec![bytes.clone(); 2]), r#"452-/n,["a",1]"#),
        (Frame::ack("/", AckId(7), "[1]", vec![]), "437[1]"),
        (Frame::ack("/n", AckId(7), "[1]", vec![bytes]), "461-/n,7[1]"),
        (Frame::connect("/", "s", None), r#"40{"sid":"s"}"#),
        (Frame::connect("/n", "s", Some("p\\")), r#"40/n,{"sid":"s","pid":"p\\"}"#),
        (Frame::connect_error("/n", "no \"\"", None), r#"44/n,{"message":"no \"\""}"#),
        (Frame::connect_error("/", "no", Some("[1]")), r#"44{"message":"no","data":[1]}"#),
    ] {
        assert_eq!(text(&frame), expected);
    }
}

#[test]
fn counts_attachments() {
    let frame = Frame::binary_event("/", "a", &[], vec![Bytes::from_static(b"123")]);
    assert_eq!(frame.size(), r#"451-["a"]"#.len() + 3);
}

#[test]
fn allocates_an_event_once() {
    let text = event("42", "/namespace", "name \" escaped", &["1", r#"{"a":2}"#]);
    assert_eq!(text.capacity(), text.len());
}

proptest::proptest! {
    #[test]
    fn events_survive_a_round_trip(
        namespace in "/[a-z0-9_/-]{0,9}",
        name in "\\PC{0,12}",
        args in proptest::collection::vec("[a-z\"\\\\\u{0}-\u{1f}]{0,9}", 0..4),
    ) {
        proptest::prop_assume!(!["connect", "disconnect"].contains(&name.as_str()));
        let args: Vec<_> = args.iter().map(|arg| serde_json::to_string(arg).unwrap()).collect();
        let frame = Frame::event(&namespace, &name, &args.iter().map(String::as_str).collect::<Vec<_>>());
        let packet = Packet::parse(&text(&frame)[1..]).unwrap();
        let PacketKind::Event(event) = packet.kind else { panic!("not an event") };
        assert_eq!((packet.namespace, event.name, event.args), (&*namespace, name, &*args.join(",")));
    }
}
