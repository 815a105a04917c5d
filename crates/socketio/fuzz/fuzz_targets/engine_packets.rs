//! Bodies of POSTs: `cargo +nightly fuzz run engine_packets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| socketio::internals::parse_post(body));
