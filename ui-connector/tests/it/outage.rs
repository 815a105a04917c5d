//! Redis goes away and comes back.

use crate::support::{Connector, Log, name};
use serde_json::json;

#[tokio::test]
async fn every_member_gets_each_missed_event_once_and_in_order() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let (mut first, mut second) = (connector.joined(&[&talk]).await, connector.joined(&[&talk]).await);
    log.record_all(&talk, 1..=2).await;
    connector.bus.lose().await;
    log.record_all(&talk, 3..=150).await;
    connector.bus.read.shut();
    connector.bus.restore().await;
    connector.bus.read.reached(1).await;
    log.record_all(&talk, 151..=160).await;
    connector.bus.read.open();
    log.record_all(&talk, 161..=170).await;
    for desktop in [&mut first, &mut second] {
        desktop.expect(1..=170).await;
    }
    log.record(&talk, 171).await;
    assert_eq!((first.arrived().await, second.arrived().await), (vec![171], vec![171]));
    assert_eq!(connector.joined(&[&talk]).await.arrived().await, [0; 0]);
}

#[tokio::test]
async fn events_published_to_a_lost_connection_are_not_lost() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose_unnoticed();
    log.record_all(&talk, 1..=3).await;
    connector.bus.restore().await;
    desktop.expect(1..=3).await;
}

#[tokio::test]
async fn several_conversations_are_all_repaired() {
    let log = Log::new();
    let talks: Vec<_> = (0..80).map(|number| name(&number.to_string())).collect();
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&talks.iter().collect::<Vec<_>>()).await;
    connector.bus.lose().await;
    for (number, talk) in (0..).zip(&talks) {
        log.record(talk, number).await;
    }
    connector.bus.restore().await;
    let mut numbers = Vec::new();
    for _ in &talks {
        numbers.push(desktop.next().await.number());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..80).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_join_during_an_outage_is_acknowledged_and_opened_later() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    connector.bus.lose().await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record_all(&talk, 1..=3).await;
    connector.bus.restore().await;
    desktop.expect(1..=3).await;
    log.record(&talk, 4).await;
    assert_eq!(desktop.arrived().await, [4]);
}

#[tokio::test]
async fn a_join_of_an_open_room_during_an_outage_misses_nothing() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut member = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    connector.bus.lose_unnoticed();
    let mut joins = connector.joined(&[&talk]).await;
    log.record_all(&talk, 2..=3).await;
    connector.bus.restore().await;
    member.expect(1..=3).await;
    joins.expect(2..=3).await;
}

#[tokio::test]
async fn a_leave_during_an_outage_ends_delivery() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let (mut stays, mut leaves) = (connector.joined(&[&talk]).await, connector.joined(&[&talk]).await);
    connector.bus.lose().await;
    leaves.leave(&talk).await;
    log.record(&talk, 1).await;
    connector.bus.restore().await;
    stays.expect([1]).await;
    assert_eq!(leaves.arrived().await, [0; 0]);
}

#[tokio::test]
async fn the_last_one_may_leave_and_come_back_during_the_outage() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose().await;
    desktop.leave(&talk).await;
    log.record(&talk, 1).await;
    desktop.join(&talk).await;
    log.record(&talk, 2).await;
    connector.bus.restore().await;
    desktop.expect([1, 2]).await;
    log.record(&talk, 3).await;
    assert_eq!(desktop.arrived().await, [3]);
}

#[tokio::test]
async fn a_loss_in_the_middle_of_catching_up_is_survived() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose().await;
    log.record_all(&talk, 1..=100).await;
    for last in [110, 120] {
        connector.bus.read.shut();
        connector.bus.restore().await;
        connector.bus.read.reached(1).await;
        connector.bus.lose().await;
        log.record_all(&talk, last - 9..=last).await;
        connector.bus.read.open();
    }
    connector.bus.restore().await;
    desktop.expect(1..=120).await;
}

#[tokio::test]
async fn a_loss_during_the_first_opening_keeps_the_mark() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    log.record_all(&talk, 1..=2).await;
    connector.bus.opened.shut();
    let mut desktop = connector.desktop().await;
    let join = desktop.emit("join-conversation", &json!([talk.as_str()])).await;
    connector.bus.opened.reached(1).await;
    connector.bus.lose().await;
    connector.bus.opened.open();
    desktop.answer(join).await;
    log.record(&talk, 3).await;
    connector.bus.restore().await;
    desktop.expect(1..=3).await;
}

#[tokio::test]
async fn a_loss_during_an_opening_is_not_overlooked() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    connector.bus.opened.shut();
    let mut desktop = connector.desktop().await;
    let join = desktop.emit("join-conversation", &json!([talk.as_str()])).await;
    connector.bus.opened.reached(1).await;
    connector.bus.lose_unnoticed();
    log.record(&talk, 1).await;
    connector.bus.opened.open();
    desktop.answer(join).await;
    connector.bus.restore().await;
    desktop.expect([1]).await;
}

#[tokio::test]
async fn events_before_a_failed_opening_are_delivered() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    connector.bus.open.shut();
    let mut desktop = connector.desktop().await;
    let join = desktop.emit("join-conversation", &json!([talk.as_str()])).await;
    connector.bus.open.reached(1).await;
    log.record_all(&talk, 1..=2).await;
    connector.bus.lose().await;
    connector.bus.open.open();
    desktop.answer(join).await;
    connector.bus.restore().await;
    desktop.expect(1..=2).await;
}

#[tokio::test]
async fn late_live_events_are_not_doubled_by_the_log() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.withhold();
    log.record_all(&talk, 1..=3).await;
    connector.bus.lose().await;
    connector.bus.restore().await;
    desktop.expect(1..=3).await;
    connector.bus.hand_over();
    log.record(&talk, 4).await;
    assert_eq!(desktop.arrived().await, [4]);
}

#[tokio::test]
async fn a_log_read_without_a_subscription_is_read_again() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.lose_only_subscription(true);
    connector.bus.lose().await;
    // A join opens the room, by commands that succeed.
    let mut other = connector.joined(&[&talk]).await;
    log.record_all(&talk, 1..=2).await;
    connector.bus.restore().await;
    log.record(&talk, 3).await;
    desktop.expect(1..=3).await;
    other.expect(1..=3).await;
}
