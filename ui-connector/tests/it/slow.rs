//! Desktops that have much to read, and desktops that do not read.

use std::time::Duration;

use event::{ConversationName, EventKind, Payload, RecognitionAttributes};

use crate::support::{Connector, Log, name, settings};
use testkit::until;

#[tokio::test]
async fn more_than_the_outbox_holds_reaches_a_desktop_that_reads() {
    let (log, talk) = (Log::keeping(1_000), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose().await;
    log.record_all(&talk, 1..=600).await;
    connector.bus.restore().await;
    desktop.expect(1..=600).await;
    log.record(&talk, 601).await;
    assert_eq!(desktop.arrived().await, [601]);
}

#[tokio::test]
async fn more_than_the_outbox_holds_reaches_a_desktop_that_joins() {
    let (log, talk) = (Log::keeping(1_000), name("a"));
    let connector = Connector::start(&log).await;
    log.record_all(&talk, 1..=600).await;
    connector.joined(&[&talk]).await.expect(1..=600).await;
}

/// Each of them fills a tenth of an outbox.
async fn record_large(log: &Log, talk: &ConversationName, numbers: impl IntoIterator<Item = u64>) {
    let filler = "x".repeat(100_000);
    for number in numbers {
        let id = number.to_string();
        let payload =
            Payload::encode(EventKind::NewMessage, talk, &id, "", &filler, &id, &RecognitionAttributes::default())
                .unwrap();
        log.record_payload(talk, payload).await;
    }
}

#[tokio::test]
async fn a_stalled_desktop_is_cut_and_the_others_get_everything() {
    let (log, talk, alone) = (Log::new(), name("a"), name("b"));
    let mut settings = settings();
    settings.sockets.write_timeout = Duration::from_millis(300);
    let connector = Connector::start_with(&log, settings).await;
    let mut stalled = connector.narrow().await;
    stalled.join(&talk).await;
    stalled.join(&alone).await;
    let mut reader = connector.joined(&[&talk]).await;
    for number in 0..60 {
        record_large(&log, &talk, [number]).await;
        reader.expect([number]).await;
    }
    until("the cut", async || log.mapping(&alone).await.is_none()).await;
    let mut arrived = 0;
    while stalled.packet().await.is_some() {
        arrived += 1;
    }
    assert!(arrived < 60, "it got everything and was not cut");
}

#[tokio::test]
async fn a_desktop_that_pauses_gets_what_found_no_room() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut pausing = connector.narrow().await;
    pausing.join(&talk).await;
    record_large(&log, &talk, 0..60).await;
    pausing.expect(0..60).await;
    record_large(&log, &talk, [60]).await;
    pausing.expect([60]).await;
}

#[tokio::test]
async fn a_burst_disconnects_no_desktop() {
    let (log, talk) = (Log::keeping(1_000), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktops = [connector.joined(&[&talk]).await, connector.joined(&[&talk]).await];
    log.record_all(&talk, 1..=500).await;
    for desktop in &mut desktops {
        desktop.expect(1..=500).await;
    }
    log.record(&talk, 501).await;
    for desktop in &mut desktops {
        assert_eq!(desktop.arrived().await, [501]);
    }
}

#[tokio::test]
async fn a_stalled_desktop_does_not_hold_up_the_repair_of_others() {
    let (log, talk, other) = (Log::new(), name("a"), name("b"));
    let mut settings = settings();
    // The stalled one may take longer than the reader waits.
    settings.sockets.write_timeout = Duration::from_mins(1);
    let connector = Connector::start_with(&log, settings).await;
    let mut stalled = connector.narrow().await;
    stalled.join(&talk).await;
    let mut reader = connector.joined(&[&talk, &other]).await;
    connector.bus.lose().await;
    record_large(&log, &talk, 0..60).await;
    connector.bus.restore().await;
    reader.expect(0..60).await;
    connector.bus.lose().await;
    log.record(&other, 60).await;
    connector.bus.restore().await;
    reader.expect([60]).await;
    drop(stalled);
}
