//! Payloads of polls: `cargo +nightly fuzz run engine_packets`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::engine::packet::parse_payload;

const MAX_PACKETS: usize = 16;

fuzz_target!(|body: &[u8]| {
    if let Ok(packets) = parse_payload(body, MAX_PACKETS) {
        assert!((1..=MAX_PACKETS).contains(&packets.len()));
    }
});
