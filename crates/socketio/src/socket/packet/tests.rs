use proptest::prelude::*;

use super::*;

fn event(name: &str, args: &'static str, attachments: usize, ack: Option<u64>) -> Kind<'static> {
    Kind::Event(RawEvent { name: name.to_owned(), args, attachments, ack: ack.map(AckId) })
}

#[test]
fn reads_every_kind_of_packet() {
    for (text, namespace, kind) in [
        ("0", "/", Kind::Connect(None)),
        (r#"0{"token":"x"}"#, "/", Kind::Connect(Some(r#"{"token":"x"}"#))),
        ("0/n", "/n", Kind::Connect(None)),
        (r#"0/n?a=b,{"c":1} "#, "/n?a=b", Kind::Connect(Some(r#"{"c":1}"#))),
        ("1", "/", Kind::Disconnect),
        ("1/n,", "/n", Kind::Disconnect),
        (r#"2["a"]"#, "/", event("a", "", 0, None)),
        (r#"2/n,12["a",1,[2]]"#, "/n", event("a", "1,[2]", 0, Some(12))),
        (r#"218446744073709551615["a"]"#, "/", event("a", "", 0, Some(u64::MAX))),
        (r#"50-["a"]"#, "/", event("a", "", 0, None)),
        (
            r#"510-/n,0["a",{"_placeholder":true,"num":0}]"#,
            "/n",
            event("a", r#"{"_placeholder":true,"num":0}"#, 10, Some(0)),
        ),
        ("31[]", "/", Kind::Ack(0)),
        ("62-/n,1[3]", "/n", Kind::Ack(2)),
        ("4", "/", Kind::ConnectError),
    ] {
        assert_eq!(Packet::parse(text), Ok(Packet { namespace, kind }), "{text}");
    }
}

#[test]
fn refuses_what_is_malformed() {
    for (text, error) in [
        ("", Malformed::Type),
        ("7", Malformed::Type),
        ("é", Malformed::Type),
        ("5[\"a\"]", Malformed::Attachments),
        ("5-[\"a\"]", Malformed::Attachments),
        ("511-[\"a\"]", Malformed::Attachments),
        ("5+1-[\"a\"]", Malformed::Attachments),
        ("218446744073709551616[\"a\"]", Malformed::Ack),
        ("01{}", Malformed::Ack),
        ("11", Malformed::Ack),
        ("3[]", Malformed::Ack),
        ("0[]", Malformed::Payload),
        ("0{", Malformed::Payload),
        ("1{}", Malformed::Payload),
        ("2", Malformed::Payload),
        ("2[]", Malformed::Payload),
        ("2[1]", Malformed::Payload),
        ("2[\"a\",]", Malformed::Payload),
        ("2[\"a\"]x", Malformed::Payload),
        ("2[\"connect_error\"]", Malformed::Payload),
        ("31{}", Malformed::Payload),
    ] {
        assert_eq!(Packet::parse(text), Err(error), "{text}");
    }
}

#[test]
fn takes_deeply_nested_arguments() {
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
    fn never_panics_on_what_looks_right(text in r#"[0-7]([0-9]{0,3}-)?(/[a-z,]{0,3})?[0-9]{0,22}[\[\]{}",a1 \\]{0,12}"#) {
        let _ = Packet::parse(&text);
    }
}
