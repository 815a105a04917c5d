//! Packets of Socket.IO: `cargo +nightly fuzz run socket_packets`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::{
    Frame,
    socket::packet::{Kind, Packet},
};

fuzz_target!(|text: &str| {
    let Ok(packet) = Packet::parse(text) else {
        return;
    };
    let Kind::Event(event) = &packet.kind else {
        return;
    };
    // What was read can be written, and is read again as the same.
    let args = if event.args.is_empty() {
        &[][..]
    } else {
        &[event.args]
    };
    let frame = Frame::event(packet.namespace, &event.name, args);
    let written = String::from_utf8(frame.as_bytes().to_vec()).expect("UTF-8");
    let again = Packet::parse(&written[1..]).expect("our own packet");
    let Kind::Event(same) = &again.kind else {
        panic!("another kind: {again:?}")
    };
    assert_eq!(
        (packet.namespace, &event.name, event.args),
        (again.namespace, &same.name, same.args)
    );
});
