//! Desktops that come back with the offset of their last event.

use serde_json::json;

use crate::support::{Connector, Log, name, token};
use testkit::socketio::Client;
use testkit::until;

#[tokio::test]
async fn a_desktop_gets_exactly_what_it_missed() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut stays = connector.joined(&[&talk]).await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record_all(&talk, 1..=3).await;
    desktop.expect([1, 2]).await;
    log.record_all(&talk, 4..=100).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.join(&talk).await;
    desktop.expect(3..=100).await;
    log.record(&talk, 101).await;
    assert_eq!(desktop.arrived().await, [101]);
    stays.expect(1..=101).await;
}

#[tokio::test]
async fn a_desktop_comes_back_to_another_connector() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    let mut desktop = first.joined(&[&talk]).await;
    log.record_all(&talk, 1..=2).await;
    desktop.expect([1]).await;
    let mut desktop = desktop.reconnect(second.address).await;
    log.record(&talk, 3).await;
    desktop.join(&talk).await;
    desktop.expect([2, 3]).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn several_conversations_are_resumed_each_at_its_place() {
    let (log, a, b) = (Log::new(), name("a"), name("b"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&a, &b]).await;
    log.record(&a, 1).await;
    log.record(&b, 2).await;
    log.record(&a, 3).await;
    desktop.expect([1, 2, 3]).await;
    log.record_all(&a, [4, 6]).await;
    log.record_all(&b, [5, 7]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.join(&b).await;
    desktop.expect([5, 7]).await;
    desktop.join(&a).await;
    desktop.expect([4, 6]).await;
}

#[tokio::test]
async fn a_cut_between_two_joins_loses_nothing_of_the_second_conversation() {
    let (log, a, b) = (Log::new(), name("a"), name("b"));
    let connector = Connector::start(&log).await;
    let _stays = connector.joined(&[&a, &b]).await;
    let mut desktop = connector.joined(&[&a, &b]).await;
    log.record(&a, 1).await;
    log.record(&b, 2).await;
    desktop.expect([1, 2]).await;
    log.record(&a, 3).await;
    log.record(&b, 4).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.join(&a).await;
    desktop.expect([3]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.join(&a).await;
    desktop.join(&b).await;
    desktop.expect([4]).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn a_rejoin_after_a_leave_begins_now() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let _stays = connector.joined(&[&talk]).await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.leave(&talk).await;
    log.record(&talk, 2).await;
    desktop.join(&talk).await;
    log.record(&talk, 3).await;
    assert_eq!(desktop.arrived().await, [3]);
    desktop.leave(&talk).await;
    log.record(&talk, 4).await;
    desktop.join(&talk).await;
    log.record(&talk, 5).await;
    assert_eq!(desktop.arrived().await, [5]);
}

#[tokio::test]
async fn garbage_for_an_offset_does_no_harm() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut member = connector.joined(&[&talk]).await;
    log.record(&talk, 0).await;
    member.expect([0]).await;
    let garbage = [
        json!("x"),
        json!(""),
        json!("~~~.~-.-"),
        json!(member.offset.clone().unwrap().replace('-', "+")),
        json!("ffffffffffffffff.18446744073709551615-18446744073709551615"),
        json!("g".repeat(25_000)),
        json!(7),
        json!(null),
        json!({"a": ["b"]}),
    ];
    for (number, offset) in (1..).zip(garbage) {
        let auth = json!({"token": token(), "offset": offset, "pid": offset});
        let mut desktop = Client::connect(connector.address, &auth).await.unwrap();
        desktop.join(&talk).await;
        log.record(&talk, number).await;
        desktop.expect([number]).await;
        member.expect([number]).await;
    }
}

#[tokio::test]
async fn without_recovery_an_offset_counts_for_nothing() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut member = connector.joined(&[&talk]).await;
    log.record_all(&talk, 1..=2).await;
    member.expect([1]).await;
    let auth = json!({"token": token(), "offset": member.offset, "recovery": false});
    let mut desktop = Client::connect(connector.address, &auth).await.unwrap();
    desktop.join(&talk).await;
    log.record(&talk, 3).await;
    assert_eq!(desktop.arrived().await, [3]);
}

#[tokio::test]
async fn a_desktop_without_events_resumes_at_its_connect() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    let mut stays = first.joined(&[&talk]).await;
    log.record_all(&talk, 1..=3).await;
    stays.expect(1..=3).await;
    next_millisecond().await;
    let mut desktop = first.joined(&[&talk]).await;
    for last in [6, 9] {
        // What was sent meanwhile is lost with the connection.
        desktop.cut(second.address).await;
        log.record_all(&talk, last - 2..=last).await;
    }
    desktop.join(&talk).await;
    desktop.expect(4..=9).await;
    log.record(&talk, 10).await;
    assert_eq!(desktop.arrived().await, [10]);
}

#[tokio::test]
async fn a_token_of_another_conversation_misses_nothing() {
    let (log, busy, quiet) = (Log::new(), name("busy"), name("quiet"));
    let connector = Connector::start(&log).await;
    let _stays = connector.joined(&[&busy, &quiet]).await;
    let mut desktop = connector.desktop().await;
    next_millisecond().await;
    log.record(&quiet, 1).await;
    desktop.join(&busy).await;
    desktop.join(&quiet).await;
    log.record(&busy, 2).await;
    desktop.expect([2]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    log.record(&quiet, 3).await;
    desktop.join(&quiet).await;
    desktop.expect([3]).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn a_left_conversation_is_not_repeated_after_a_reconnect() {
    let (log, a, b) = (Log::new(), name("a"), name("b"));
    let connector = Connector::start(&log).await;
    let _stays = connector.joined(&[&a, &b]).await;
    let mut desktop = connector.joined(&[&a, &b]).await;
    log.record_all(&a, 1..=3).await;
    desktop.expect(1..=3).await;
    desktop.leave(&a).await;
    log.record(&b, 4).await;
    desktop.expect([4]).await;
    let mut desktop = desktop.reconnect(connector.address).await;
    desktop.join(&b).await;
    desktop.join(&a).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn a_desktop_may_say_itself_what_it_has_got() {
    let (log, a, b) = (Log::new(), name("a"), name("b"));
    let connector = Connector::start(&log).await;
    let mut member = connector.joined(&[&a]).await;
    log.record_all(&a, 1..=2).await;
    member.expect([1, 2]).await;
    let after = member.offset.clone().unwrap();
    log.record_all(&a, 3..=4).await;
    let mut desktop = connector.desktop().await;
    for name in [&a, &b] {
        let asked = json!([{"conversation_name": name.as_str(), "after": after}]);
        assert_eq!(desktop.ask("join-conversation", asked).await, json!([true, name.as_str()]));
    }
    desktop.expect([3, 4]).await;
    log.record(&b, 5).await;
    desktop.expect([5]).await;
    let refused = desktop.ask("join-conversation", json!([{"conversation_name": a.as_str(), "after": "?"}])).await;
    assert_eq!(refused[0], json!(false));
}

/// A connection is named by the millisecond in which it begins.
async fn next_millisecond() {
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let before = now();
    until("the next millisecond", async || now() > before + 1).await;
}
