//! The end of a connector.

use crate::support::{Connector, Log, name};
use serde_json::json;

#[tokio::test]
async fn drains_without_a_socketio_disconnect() {
    let log = Log::new();
    let talks = ["a", "b", "c"].map(name);
    let connector = Connector::start(&log).await;
    let mut desktops = Vec::new();
    for talk in &talks {
        desktops.push(connector.joined(&[talk]).await);
    }
    connector.stop.cancel();
    for desktop in &mut desktops {
        // A packet would be `41`, by which a client gives up.
        assert_eq!(desktop.packet().await, None);
    }
    connector.ended().await;
    for talk in &talks {
        assert_eq!(log.mapping(talk).await, None);
    }
}

#[tokio::test]
async fn a_stalled_desktop_does_not_hold_up_the_end() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut stalled = connector.narrow().await;
    stalled.join(&talk).await;
    connector.bus.lose().await;
    log.record_all(&talk, 0..500).await;
    connector.bus.restore().await;
    stalled.expect([0]).await;
    connector.stop.cancel();
    connector.ended().await;
    drop(stalled);
}

#[tokio::test]
async fn the_end_comes_although_redis_is_away() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose().await;
    connector.stop.cancel();
    assert_eq!(desktop.packet().await, None);
    connector.ended().await;
}

#[tokio::test]
async fn events_after_the_drain_come_from_the_next_connector() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    let mut desktop = first.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
    first.stop.cancel();
    log.record(&talk, 2).await;
    first.ended().await;
    log.record(&talk, 3).await;
    let mut desktop = desktop.reconnect(second.address).await;
    assert_eq!(desktop.ask("join-conversation", json!([talk.as_str()])).await[0], json!(true));
    desktop.expect([2, 3]).await;
}
