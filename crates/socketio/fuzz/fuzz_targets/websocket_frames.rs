//! Frames of a WebSocket: `cargo +nightly fuzz run websocket_frames`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::engine::websocket::decoder::{Broken, Decoder, Incoming};

const MAX_PAYLOAD: usize = 1000;

/// Everything up to the first error, however the bytes were cut.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Incoming>, Option<Broken>) {
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
}

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(decode([bytes].into_iter()), decode(bytes.chunks(1)));
});
