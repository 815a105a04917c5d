//! Mapping keys: by them an interceptor of the original finds the connector of a conversation.

use std::sync::Arc;
use std::time::Duration;

use broker::KeyValue as _;
use connector::Settings;
use event::{ConnectorId, ConversationName};

use crate::keys::FaultyKeys;

use crate::support::{Connector, Log, name, settings};
use testkit::until;

fn quick() -> Settings {
    let mut settings = settings();
    settings.hub.mapping_ttl = Duration::from_millis(300);
    settings
}

async fn holds(log: &Log, talk: &ConversationName, connector: &ConnectorId) -> bool {
    log.mapping(talk).await.is_some_and(|value| value == connector.as_str())
}

#[tokio::test]
async fn a_key_is_there_from_the_first_join_to_the_last_leave() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut first = connector.desktop().await;
    assert_eq!(log.mapping(&talk).await, None);
    first.join(&talk).await;
    assert!(holds(&log, &talk, &connector.id).await);
    let second = connector.joined(&[&talk]).await;
    first.leave(&talk).await;
    assert!(holds(&log, &talk, &connector.id).await);
    drop(second);
    until("the key's end", async || log.mapping(&talk).await.is_none()).await;
}

#[tokio::test]
async fn a_desktop_dropped_while_leaving_keeps_no_mapping_key() {
    let (log, first, second) = (Log::new(), name("a"), name("b"));
    let mut settings = quick();
    settings.sockets.lifetime = Some(Duration::from_secs(1)..=Duration::from_secs(1));
    settings.sockets.handler_grace = Duration::from_millis(10);
    let connector = Connector::start_with(&log, settings).await;
    let mut desktop = connector.joined(&[&first, &second]).await;
    connector.bus.unsubscribe.shut();
    desktop.send("41").await;
    connector.bus.unsubscribe.reached(1).await;
    while desktop.packet().await.is_some() {}
    connector.bus.unsubscribe.reached(2).await;
    connector.bus.unsubscribe.open();
    let gone = async || log.mapping(&first).await.is_none() && log.mapping(&second).await.is_none();
    until("the end of the keys", gone).await;
}

#[tokio::test]
async fn a_key_that_another_connector_has_claimed_stays() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    let mut agent = first.joined(&[&talk]).await;
    let mut supervisor = second.joined(&[&talk]).await;
    agent.leave(&talk).await;
    assert!(holds(&log, &talk, &second.id).await);
    supervisor.leave(&talk).await;
    assert_eq!(log.mapping(&talk).await, None);
}

#[tokio::test]
async fn a_key_outlives_its_lifetime_and_comes_back_when_deleted() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start_with(&log, quick()).await;
    let desktop = connector.joined(&[&talk]).await;
    for _ in 0..3 {
        log.broker.delete(talk.as_str()).await.unwrap();
        until("the renewed key", async || holds(&log, &talk, &connector.id).await).await;
    }
    drop(desktop);
    until("the key's end", async || log.mapping(&talk).await.is_none()).await;
}

#[tokio::test]
async fn a_vanished_mapping_key_is_claimed_again() {
    let (log, talk) = (Log::new(), name("a"));
    let first = Connector::start_with(&log, quick()).await;
    let second = Connector::start(&log).await;
    let _agent = first.joined(&[&talk]).await;
    let mut supervisor = second.joined(&[&talk]).await;
    supervisor.leave(&talk).await;
    until("the key", async || holds(&log, &talk, &first.id).await).await;
}

#[tokio::test]
async fn a_renewal_overtaken_by_the_last_leave_keeps_no_key() {
    let (log, talk) = (Log::new(), name("a"));
    let keys = Arc::new(FaultyKeys::new(log.broker.clone()));
    let connector = Connector::start_on(&log, quick(), keys.clone()).await;
    let mut desktop = connector.joined(&[&talk]).await;
    keys.renewal.shut();
    keys.renewal.reached(1).await;
    desktop.leave(&talk).await;
    assert_eq!(log.mapping(&talk).await, None);
    keys.renewed.shut();
    keys.renewal.open();
    keys.renewed.reached(1).await;
    keys.renewed.open();
    until("the key's end", async || log.mapping(&talk).await.is_none()).await;
}
