//! Frames of a WebSocket: `cargo +nightly fuzz run websocket_frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| socketio::internals::decode_frames(bytes));
