//! Packets of Socket.IO: `cargo +nightly fuzz run socket_packets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| socketio::internals::parse_packet(text));
