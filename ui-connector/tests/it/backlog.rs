//! Events that come when no desktop is joined are kept for the first one that joins.

use serde_json::json;

use crate::support::{Connector, Log, name};
use testkit::until;

#[tokio::test]
async fn the_first_desktop_gets_them_and_the_second_does_not() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    log.record_all(&talk, 1..=100).await;
    let mut first = connector.joined(&[&talk]).await;
    first.expect(1..=100).await;
    let mut second = connector.joined(&[&talk]).await;
    log.record(&talk, 101).await;
    assert_eq!((first.arrived().await, second.arrived().await), (vec![101], vec![101]));
}

#[tokio::test]
async fn a_second_desktop_gets_no_replay_of_the_first() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    log.record_all(&talk, 1..=10).await;
    connector.bus.read.shut();
    let mut first = connector.joined(&[&talk]).await;
    connector.bus.read.reached(1).await;
    let mut second = connector.joined(&[&talk]).await;
    log.record(&talk, 11).await;
    connector.bus.read.open();
    first.expect(1..=11).await;
    second.expect([11]).await;
}

#[tokio::test]
async fn a_desktop_after_all_others_gets_only_what_came_since() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut first = connector.joined(&[&talk]).await;
    log.record_all(&talk, 1..=2).await;
    first.expect([1, 2]).await;
    first.leave(&talk).await;
    log.record_all(&talk, 3..=4).await;
    let mut second = connector.joined(&[&talk]).await;
    second.expect([3, 4]).await;
    first.join(&talk).await;
    log.record(&talk, 5).await;
    assert_eq!((first.arrived().await, second.arrived().await), (vec![5], vec![5]));
}

#[tokio::test]
async fn events_during_the_subscription_come_once() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let bus = &connector.bus;
    log.record(&talk, 0).await;
    for gate in [&bus.subscribe, &bus.open, &bus.opened, &bus.read] {
        gate.shut();
    }
    let mut desktop = connector.desktop().await;
    let join = desktop.emit("join-conversation", &json!([talk.as_str()])).await;
    for (number, gate) in [(1, &bus.subscribe), (2, &bus.open), (3, &bus.opened), (4, &bus.read)] {
        gate.reached(1).await;
        log.record(&talk, number).await;
        gate.open();
    }
    assert_eq!(desktop.answer(join).await[0], json!(true));
    desktop.expect(0..=4).await;
    log.record(&talk, 5).await;
    assert_eq!(desktop.arrived().await, [5]);
}

#[tokio::test]
async fn events_received_while_opening_reach_the_first_desktop() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    connector.bus.open.shut();
    let mut desktop = connector.desktop().await;
    let join = desktop.emit("join-conversation", &json!([talk.as_str()])).await;
    connector.bus.open.reached(1).await;
    log.record_all(&talk, 1..=3).await;
    connector.bus.open.open();
    desktop.answer(join).await;
    desktop.expect(1..=3).await;
}

#[tokio::test]
async fn a_join_during_the_opening_waits_its_turn() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    connector.bus.subscribe.shut();
    let (mut first, mut second) = (connector.desktop().await, connector.desktop().await);
    let joins = [
        first.emit("join-conversation", &json!([talk.as_str()])).await,
        second.emit("join-conversation", &json!([talk.as_str()])).await,
    ];
    connector.bus.subscribe.reached(1).await;
    connector.bus.subscribe.open();
    first.answer(joins[0]).await;
    second.answer(joins[1]).await;
    log.record_all(&talk, 1..=2).await;
    first.expect(1..=2).await;
    second.expect(1..=2).await;
}

/// The room of a desktop that has gone stays for as long as the one before it takes to close.
async fn room_of_a_dead_desktop(log: &Log, connector: &Connector) {
    let mut dead = connector.joined(&[&name("before"), &name("a")]).await;
    log.record(&name("a"), 1).await;
    dead.expect([1]).await;
    connector.bus.unsubscribe.shut();
    drop(dead);
    connector.bus.unsubscribe.reached(1).await;
}

#[tokio::test]
async fn events_of_a_dead_socket_go_to_the_next_in_its_room() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    room_of_a_dead_desktop(&log, &connector).await;
    log.record_all(&talk, 2..=3).await;
    let mut next = connector.joined(&[&talk]).await;
    next.expect([2, 3]).await;
    connector.bus.unsubscribe.open();
    until("the other room's end", async || log.mapping(&name("before")).await.is_none()).await;
    log.record(&talk, 4).await;
    next.expect([4]).await;
    next.leave(&talk).await;
    let mut last = connector.joined(&[&talk]).await;
    log.record(&talk, 5).await;
    assert_eq!((next.arrived().await, last.arrived().await), (vec![], vec![5]));
}

#[tokio::test]
async fn events_of_a_dead_socket_go_to_the_next_room() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    room_of_a_dead_desktop(&log, &connector).await;
    log.record_all(&talk, 2..=3).await;
    connector.bus.unsubscribe.open();
    until("the room's end", async || log.mapping(&talk).await.is_none()).await;
    log.record(&talk, 4).await;
    let mut next = connector.joined(&[&talk]).await;
    next.expect([2, 3, 4]).await;
    assert_eq!(connector.joined(&[&talk]).await.arrived().await, [0; 0]);
}

#[tokio::test]
async fn events_that_a_desktop_waited_for_go_to_the_next_one() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    log.record_all(&talk, 1..=3).await;
    connector.bus.read.shut();
    let mut dead = connector.joined(&[&talk]).await;
    connector.bus.read.reached(1).await;
    connector.bus.lose().await;
    connector.bus.read.open();
    assert_eq!(dead.arrived().await, [0; 0]);
    connector.bus.read.shut();
    connector.bus.restore().await;
    connector.bus.read.reached(1).await;
    drop(dead);
    until("the room's end", async || log.mapping(&talk).await.is_none()).await;
    connector.bus.read.open();
    connector.joined(&[&talk]).await.expect([1, 2, 3]).await;
}

#[tokio::test]
async fn a_desktop_cut_before_its_first_event_gets_it_later() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    log.record_all(&talk, 1..=3).await;
    let mut desktop = first.joined(&[&talk]).await;
    // What has been sent to it is lost with the connection.
    for connector in [&second, &first] {
        desktop.cut(connector.address).await;
        desktop.join(&talk).await;
    }
    log.record(&talk, 4).await;
    desktop.expect(1..=4).await;
    let mut late = second.joined(&[&talk]).await;
    assert_eq!(late.arrived().await, [0; 0], "they are not for everybody");
}
