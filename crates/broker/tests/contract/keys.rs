//! What the key store promises.

use std::time::Duration;

use event::ConnectorId;

use crate::stage::{Stage, conversation};
use testkit::{project, until};

crate::contract!(
    a_claim_replaces_whoever_was_there,
    only_the_owner_releases,
    renewal_extends_ours_claims_the_vanished_and_leaves_the_others,
    values_come_back_as_they_were_set,
    a_value_ends_with_its_time,
    setting_again_renews_the_time,
    deleting_tells_whether_there_was_something,
);

const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(30);

/// A key of this test.
fn key(name: &str) -> String {
    format!("{}:{name}", project())
}

async fn value(stage: &Stage, key: &str) -> Option<String> {
    stage.broker.get(key).await.unwrap().map(|value| String::from_utf8(value.to_vec()).unwrap())
}

async fn a_claim_replaces_whoever_was_there(stage: Stage) {
    let (name, ours) = (conversation("c"), ConnectorId::generate());
    stage.broker.set(name.as_str(), b"139712", LONG).await.unwrap();
    stage.broker.claim(&name, &ours, LONG).await.unwrap();
    assert_eq!(value(&stage, name.as_str()).await.as_deref(), Some(ours.as_str()));
}

async fn only_the_owner_releases(stage: Stage) {
    let (name, ours, other) = (conversation("c"), ConnectorId::generate(), ConnectorId::generate());
    stage.broker.release(&name, &ours).await.unwrap();
    stage.broker.claim(&name, &other, LONG).await.unwrap();
    stage.broker.release(&name, &ours).await.unwrap();
    assert_eq!(value(&stage, name.as_str()).await.as_deref(), Some(other.as_str()));
    stage.broker.release(&name, &other).await.unwrap();
    assert_eq!(value(&stage, name.as_str()).await, None);
}

async fn renewal_extends_ours_claims_the_vanished_and_leaves_the_others(stage: Stage) {
    let (ours, other) = (ConnectorId::generate(), ConnectorId::generate());
    let names: Vec<_> = (0..600).map(|number| conversation(&format!("c{number}"))).collect();
    for (number, name) in names.iter().enumerate() {
        match number % 3 {
            0 => stage.broker.claim(name, &ours, Duration::from_millis(500)).await.unwrap(),
            1 => stage.broker.claim(name, &other, LONG).await.unwrap(),
            _ => {}
        }
    }
    stage.broker.renew(&names, &ours, LONG).await.unwrap();
    stage.broker.set(&key("clock"), b"", Duration::from_millis(600)).await.unwrap();
    until("the first claims would have ended", async || value(&stage, &key("clock")).await.is_none()).await;
    for (number, name) in names.iter().enumerate() {
        let expected = if number % 3 == 1 { &other } else { &ours };
        assert_eq!(value(&stage, name.as_str()).await.as_deref(), Some(expected.as_str()), "{name}");
    }
    stage.broker.renew(&[], &ours, LONG).await.unwrap();
}

async fn values_come_back_as_they_were_set(stage: Stage) {
    assert_eq!(stage.broker.get(&key("k")).await.unwrap(), None);
    for set in [&b""[..], b"\x00\xff\r\n", "é".as_bytes()] {
        stage.broker.set(&key("k"), set, LONG).await.unwrap();
        assert_eq!(stage.broker.get(&key("k")).await.unwrap().as_deref(), Some(set));
    }
}

async fn a_value_ends_with_its_time(stage: Stage) {
    stage.broker.set(&key("k"), b"v", SHORT).await.unwrap();
    until("the value ends", async || value(&stage, &key("k")).await.is_none()).await;
    assert!(!stage.broker.delete(&key("k")).await.unwrap());
    stage.broker.set(&key("none"), b"v", Duration::ZERO).await.unwrap();
    until("a value without time ends", async || value(&stage, &key("none")).await.is_none()).await;
    stage.broker.set(&key("ever"), b"v", Duration::MAX).await.unwrap();
    assert_eq!(value(&stage, &key("ever")).await.as_deref(), Some("v"));
}

async fn setting_again_renews_the_time(stage: Stage) {
    stage.broker.set(&key("k"), b"v", SHORT).await.unwrap();
    stage.broker.set(&key("k"), b"w", LONG).await.unwrap();
    stage.broker.set(&key("clock"), b"", SHORT * 2).await.unwrap();
    until("the first would have ended", async || value(&stage, &key("clock")).await.is_none()).await;
    assert_eq!(value(&stage, &key("k")).await.as_deref(), Some("w"));
}

async fn deleting_tells_whether_there_was_something(stage: Stage) {
    assert!(!stage.broker.delete(&key("k")).await.unwrap());
    stage.broker.set(&key("k"), b"v", LONG).await.unwrap();
    assert!(stage.broker.delete(&key("k")).await.unwrap());
    assert!(!stage.broker.delete(&key("k")).await.unwrap());
    assert_eq!(stage.broker.get(&key("k")).await.unwrap(), None);
}
