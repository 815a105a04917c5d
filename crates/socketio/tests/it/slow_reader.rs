use std::time::Duration;

use socketio::{Frame, Reason, SocketSettings, Unsent};

use crate::server::{start, start_with};
use testkit::in_time;
use testkit::socketio::Options;

#[tokio::test]
async fn closes_only_the_client_that_stops_reading() {
    let (server, mut records) = start().await;
    let stalled = server.connected(Options::narrow()).await;
    let stalled_socket = records.connected().await;
    let mut reader = server.client().await;
    let socket = records.connected().await;
    let frame = Frame::event("/", "big", &[&format!("\"{}\"", "x".repeat(100_000))]);
    let mut cut_after = None;
    for round in 0..100 {
        let sent = stalled_socket.emit(frame.clone());
        cut_after = cut_after.or(sent.is_err().then_some(round));
        socket.emit(frame.clone()).unwrap();
        assert_eq!(reader.text().await.len(), frame.as_bytes().len());
    }
    let cut_after = cut_after.expect("the stalled client is cut");
    assert!(cut_after >= 10, "1 MiB may wait, but it was cut after {cut_after} frames of 100 kB");
    assert_eq!(records.disconnected().await, Reason::SlowConsumer);
    server.has_connections(1).await;
    in_time("the drain", server.drain(Duration::from_millis(1))).await;
    drop(stalled);
    assert_eq!(records.disconnected().await, Reason::Shutdown);
    assert_eq!(records.disconnects(), []);
}

#[tokio::test]
async fn drains_although_a_client_has_stopped_reading() {
    let settings = SocketSettings { outbox_bytes: 50_000_000, outbox_packets: 10_000, ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    let _stalled = server.connected(Options::narrow()).await;
    let socket = records.connected().await;
    let frame = Frame::event("/", "big", &[&format!("\"{}\"", "x".repeat(100_000))]);
    (0..200).for_each(|_| socket.emit(frame.clone()).unwrap());
    in_time("the drain", server.drain(Duration::ZERO)).await;
    assert_eq!(records.disconnected().await, Reason::Shutdown);
}

#[tokio::test]
async fn closes_a_client_whose_write_takes_too_long() {
    let settings = SocketSettings {
        outbox_bytes: 50_000_000,
        outbox_packets: 10_000,
        write_timeout: Duration::from_millis(200),
        ..SocketSettings::default()
    };
    let (server, mut records) = start_with(settings).await;
    let _stalled = server.connected(Options::narrow()).await;
    let socket = records.connected().await;
    let frame = Frame::event("/", "big", &[&format!("\"{}\"", "x".repeat(100_000))]);
    (0..200).for_each(|_| socket.emit(frame.clone()).unwrap());
    assert_eq!(records.disconnected().await, Reason::SlowConsumer);
    server.has_connections(0).await;
}

#[tokio::test]
async fn closes_a_client_that_makes_no_room_in_time() {
    let settings =
        SocketSettings { outbox_packets: 3, write_timeout: Duration::from_millis(200), ..SocketSettings::default() };
    let (server, mut records) = start_with(settings).await;
    // Without a poll, nothing is ever taken.
    let client = server.polling().await;
    let socket = records.connected().await;
    let frame = Frame::event("/", "a", &[]);
    for _ in 0..3 {
        socket.emit_when_ready(frame.clone()).await.unwrap();
    }
    assert!(socket.emit_when_ready(frame).await.is_err());
    assert_eq!(records.disconnected().await, Reason::SlowConsumer);
    assert_eq!(client.poll().await.0, 400);
}

#[tokio::test]
async fn a_frame_larger_than_the_outbox_passes_when_nothing_else_waits() {
    let (server, mut records) = start_with(SocketSettings { outbox_bytes: 1000, ..SocketSettings::default() }).await;
    let mut client = server.client().await;
    let socket = records.connected().await;
    let large = Frame::event("/", "a", &[&"1".repeat(5000)]);
    for _ in 0..3 {
        socket.ready().await.unwrap();
        assert_eq!(socket.try_emit(large.clone()), Ok(()));
        assert_eq!(client.text().await, std::str::from_utf8(large.as_bytes()).unwrap());
    }
    assert!((0..100).any(|_| socket.try_emit(large.clone()) == Err(Unsent::NoRoom)));
    assert!(!socket.is_closed());
    while socket.emit(large.clone()).is_ok() {}
    assert_eq!(records.disconnected().await, Reason::SlowConsumer);
    assert_eq!(socket.try_emit(large), Err(Unsent::Closed));
}
