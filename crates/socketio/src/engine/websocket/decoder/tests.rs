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

fn decode(bytes: &[u8]) -> Result<Vec<Incoming>, Broken> {
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    decoder.feed(bytes);
    std::iter::from_fn(|| decoder.next_message().transpose()).collect()
}

#[test]
fn reads_messages_and_controls() {
    let bytes = [
        text(true, "é".as_bytes()),
        text(false, b"a"),
        frame(OpCode::Control(Control::Ping), true, b"p"),
        more(false, b"b"),
        more(true, b"c"),
        frame(OpCode::Data(Data::Binary), true, b""),
        frame(OpCode::Control(Control::Pong), true, b""),
        frame(OpCode::Control(Control::Close), true, &1000u16.to_be_bytes()),
    ];
    let expected = vec![
        Incoming::Text("é".to_owned()),
        Incoming::Ping(b"p".to_vec()),
        Incoming::Text("abc".to_owned()),
        Incoming::Binary(Bytes::new()),
        Incoming::Pong,
        Incoming::Close,
    ];
    assert_eq!(decode(&bytes.concat()), Ok(expected));
}

#[test]
fn takes_a_character_that_is_cut_in_two() {
    let bytes = [text(false, &[0xc3]), more(true, &[0xa9])].concat();
    assert_eq!(decode(&bytes), Ok(vec![Incoming::Text("é".to_owned())]));
}

#[test]
fn refuses_broken_frames() {
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
        (reserved_bit, Broken::Header),
        (reserved_opcode, Broken::Header),
        (unmasked, Broken::Unmasked),
        (frame(OpCode::Control(Control::Ping), false, b""), Broken::Header),
        (frame(OpCode::Control(Control::Ping), true, &[0; 126]), Broken::Header),
        (more(true, b"a"), Broken::Fragments),
        ([text(false, b"a"), text(true, b"b")].concat(), Broken::Fragments),
        (text(true, &[b'a'; MAX_PAYLOAD + 1]), Broken::TooLarge),
        ([text(false, &[b'a'; MAX_PAYLOAD]), more(true, b"b")].concat(), Broken::TooLarge),
        (vec![0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], Broken::TooLarge),
        (text(true, &[0xc3]), Broken::Utf8),
    ] {
        assert_eq!(decode(&bytes), Err(error), "{bytes:?}");
    }
}

#[test]
fn owns_no_memory_once_everything_is_read() {
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
    fn reads_messages_however_they_are_cut(
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
            while let Some(Incoming::Binary(message)) = decoder.next_message().unwrap() {
                read.push(message.to_vec());
            }
        }
        prop_assert_eq!(read, messages);
    }
}
