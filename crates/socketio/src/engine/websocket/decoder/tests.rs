use proptest::prelude::*;

use super::*;

const MAX_PAYLOAD: usize = 1000;

/// A frame as a client sends it.
fn frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mut header = FrameHeader { opcode, is_final, ..FrameHeader::default() };
    header.mask = Some([1, 2, 3, 4]);
    let mut bytes = Vec::new();
    header.format(payload.len() as u64, &mut bytes).unwrap();
    bytes.extend(unmask(payload, [1, 2, 3, 4]));
    bytes
}

fn text(is_final: bool, payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Data(Data::Text), is_final, payload)
}

fn more(is_final: bool, payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Data(Data::Continue), is_final, payload)
}

fn close(payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Control(Control::Close), true, payload)
}

fn decode(bytes: &[u8]) -> Result<Vec<Decoded>, WebSocketError> {
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    decoder.feed(bytes);
    std::iter::from_fn(|| decoder.next_message().transpose()).collect()
}

#[test]
fn decodes_messages_and_control_frames() {
    let bytes = [
        text(true, "é".as_bytes()),
        text(false, b"a"),
        frame(OpCode::Control(Control::Ping), true, b"p"),
        more(false, b"b"),
        more(true, b"c"),
        frame(OpCode::Data(Data::Binary), true, b""),
        frame(OpCode::Control(Control::Pong), true, b""),
        close(&1000u16.to_be_bytes()),
    ];
    let expected = vec![
        Decoded::Message(WebSocketMessage::Text("é".to_owned())),
        Decoded::Ping(b"p".to_vec()),
        Decoded::Message(WebSocketMessage::Text("abc".to_owned())),
        Decoded::Message(WebSocketMessage::Binary(Bytes::new())),
        Decoded::Pong,
        Decoded::Close(CloseCode::Normal),
    ];
    assert_eq!(decode(&bytes.concat()), Ok(expected));
}

#[test]
fn accepts_a_character_that_spans_fragments() {
    let bytes = [text(false, &[0xc3]), more(true, &[0xa9])].concat();
    assert_eq!(decode(&bytes), Ok(vec![Decoded::Message(WebSocketMessage::Text("é".to_owned()))]));
}

#[test]
fn answers_a_close_frame_with_its_code() {
    let reason = [&4000u16.to_be_bytes()[..], "reason é".as_bytes()].concat();
    for (payload, code) in [
        (&b""[..], CloseCode::Normal),
        (&1000u16.to_be_bytes(), CloseCode::Normal),
        (&1001u16.to_be_bytes(), CloseCode::Away),
        (&reason, CloseCode::Library(4000)),
    ] {
        assert_eq!(decode(&close(payload)), Ok(vec![Decoded::Close(code)]));
    }
}

#[test]
fn rejects_invalid_close_frames() {
    for code in [0u16, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        assert_eq!(decode(&close(&code.to_be_bytes())), Err(WebSocketError::Close), "{code}");
    }
    assert_eq!(decode(&close(&[3])), Err(WebSocketError::Close));
    assert_eq!(decode(&close(&[3, 232, 0xff])), Err(WebSocketError::Utf8));
}

#[test]
fn rejects_invalid_frames() {
    let reserved_bit = {
        let mut bytes = text(true, b"a");
        bytes[0] |= 0x40;
        bytes
    };
    let reserved_opcode = {
        let mut bytes = text(true, b"a");
        bytes[0] = 0x83;
        bytes
    };
    let unmasked = vec![0x81, 1, b'a'];
    for (bytes, error) in [
        (reserved_bit, WebSocketError::Header),
        (reserved_opcode, WebSocketError::Header),
        (unmasked, WebSocketError::Unmasked),
        (frame(OpCode::Control(Control::Ping), false, b""), WebSocketError::Header),
        (frame(OpCode::Control(Control::Ping), true, &[0; 126]), WebSocketError::Header),
        (more(true, b"a"), WebSocketError::Fragments),
        ([text(false, b"a"), text(true, b"b")].concat(), WebSocketError::Fragments),
        (text(true, &[b'a'; MAX_PAYLOAD + 1]), WebSocketError::TooLarge),
        ([text(false, &[b'a'; MAX_PAYLOAD]), more(true, b"b")].concat(), WebSocketError::TooLarge),
        (vec![0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], WebSocketError::TooLarge),
        (text(true, &[0xc3]), WebSocketError::Utf8),
    ] {
        assert_eq!(decode(&bytes), Err(error), "{bytes:?}");
    }
}

#[test]
fn owns_no_memory_when_all_input_is_decoded() {
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    let bytes = text(true, &[b'a'; 500]);
    decoder.feed(&bytes[..100]);
    assert_eq!(decoder.next_message(), Ok(None));
    decoder.feed(&bytes[100..]);
    assert!(decoder.next_message().unwrap().is_some());
    assert_eq!(decoder.buffer.capacity(), 0);
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = decode(&bytes);
    }

    #[test]
    fn decodes_messages_in_pieces_of_any_size(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5),
        fragment in 1usize..400,
        piece in 1usize..400,
    ) {
        let mut bytes = Vec::new();
        for message in &messages {
            let mut fragments = message.chunks(fragment).peekable();
            bytes.extend(frame(OpCode::Data(Data::Binary), fragments.peek().is_none(), b""));
            while let Some(payload) = fragments.next() {
                bytes.extend(more(fragments.peek().is_none(), payload));
            }
        }
        let mut decoder = Decoder::new(MAX_PAYLOAD);
        let mut read = Vec::new();
        for piece in bytes.chunks(piece) {
            decoder.feed(piece);
            while let Some(Decoded::Message(WebSocketMessage::Binary(message))) = decoder.next_message().unwrap() {
                read.push(message.to_vec());
            }
        }
        prop_assert_eq!(read, messages);
    }
}
