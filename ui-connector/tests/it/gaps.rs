//! What the log does not hold any more is told.

use serde_json::json;

use crate::support::{Connector, Log, name};
use testkit::socketio::Client;

async fn is_notified(desktop: &mut Client, conversation: &str) {
    let told = desktop.next().await;
    assert_eq!(told.name, "events-missed");
    assert_eq!(told.args, [json!({"conversation_name": conversation})]);
}

#[tokio::test]
async fn notifies_of_a_gap_and_delivers_the_rest() {
    let (log, talk) = (Log::keeping(8), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    log.record_all(&talk, 2..=20).await;
    desktop.join(&talk).await;
    is_notified(&mut desktop, talk.as_str()).await;
    desktop.expect(13..=20).await;
    log.record(&talk, 21).await;
    assert_eq!(desktop.arrived().await, [21]);
}

#[tokio::test]
async fn does_not_notify_without_a_gap() {
    let (log, talk) = (Log::keeping(8), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    log.record_all(&talk, 2..=8).await;
    desktop.join(&talk).await;
    desktop.expect(2..=8).await;
    log.record_all(&talk, 9..=30).await;
    desktop.expect(9..=30).await;
}

#[tokio::test]
async fn notifies_every_member_of_a_gap_during_an_outage() {
    let (log, talk) = (Log::keeping(8), name("a"));
    let connector = Connector::start(&log).await;
    let (mut first, mut second) = (connector.joined(&[&talk]).await, connector.joined(&[&talk]).await);
    log.record(&talk, 1).await;
    connector.bus.lose().await;
    log.record_all(&talk, 2..=20).await;
    connector.bus.restore().await;
    for desktop in [&mut first, &mut second] {
        desktop.expect([1]).await;
        is_notified(desktop, talk.as_str()).await;
        desktop.expect(13..=20).await;
    }
}

#[tokio::test]
async fn a_quiet_conversation_has_no_gap() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose().await;
    connector.bus.restore().await;
    let mut desktop = {
        assert_eq!(desktop.arrived().await, [0; 0]);
        desktop.reconnect(connector.address).await
    };
    desktop.join(&talk).await;
    log.record(&talk, 1).await;
    assert_eq!(desktop.arrived().await, [1]);
}
