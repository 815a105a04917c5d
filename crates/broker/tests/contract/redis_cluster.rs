//! A Redis Cluster whose slots move and whose servers die.

use std::time::Duration;

use broker::{Error, KeyValue as _, Publisher as _, Recorded, RedisBroker, RedisSettings, Retention};
use event::{ConversationName, Position};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::stage::{Connector, Received, conversation, event_with_id, text_of};
use testkit::redis::{RedisCluster, SecuredCluster, shared, shared_cluster};
use testkit::{in_time, until};

fn broker_of(cluster: &RedisCluster, min_replicas: usize) -> RedisBroker {
    let settings = RedisSettings { cluster: true, min_replicas, ..RedisSettings::new(cluster.url()) };
    RedisBroker::new(settings, Retention { events: 100_000, ..Retention::default() }).unwrap()
}

/// Records numbered events, each until it is accepted as Pub/Sub would have it, until stopped; returns how many.
fn talk(broker: &RedisBroker, name: &ConversationName, stop: &CancellationToken) -> JoinHandle<usize> {
    let (broker, name, stop) = (broker.clone(), name.clone(), stop.clone());
    tokio::spawn(async move {
        let mut number = 0;
        while !stop.is_cancelled() {
            let event = event_with_id(&name, &number.to_string(), &number.to_string());
            let accepted = async { while broker.record(&event).await.is_err() {} };
            in_time("the event is accepted", accepted).await;
            number += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        number
    })
}

/// What a hub has: live events while the subscription stands, and the log for the rest.
async fn whole(connector: &Connector, name: &ConversationName, count: usize) {
    let logged = connector.log.read_after(name, Position::START, 100_000).await.unwrap();
    let numbers: Vec<usize> = logged.iter().map(|event| text_of(event).parse().unwrap()).collect();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>(), "{name}");
    let (mut silent, mut read) = (false, Position::START);
    for messages in connector.received.all() {
        match messages {
            Received::Lost => silent = true,
            Received::Restored => {
                silent = false;
                read = Position::START;
            }
            Received::Live { conversation, event } if conversation == name.as_str() => {
                let next = logged.iter().find(|logged| logged.position > read).unwrap();
                assert!(silent || read == Position::START || next.position == event.position, "a gap in {name}");
                read = event.position;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn while_a_slot_moves_nothing_is_lost() {
    let cluster = RedisCluster::of_three().await;
    let broker = broker_of(&cluster, 0);
    let connector = Connector::on_cluster(&broker).await;
    let stop = CancellationToken::new();
    let names: Vec<_> = (0..6).map(|number| conversation(&format!("c{number}"))).collect();
    let mut talks = Vec::new();
    for name in &names {
        connector.subscriber.subscribe(name).await.unwrap();
        talks.push(talk(&broker, name, &stop));
    }
    let moved = &names[0];
    for _ in 0..3 {
        let slot = cluster.slot(moved.as_str()).await;
        let to = (cluster.owner_of(slot).await + 1) % 3;
        cluster.begin_to_move(slot, to).await;
        cluster.move_on(slot, to).await;
        until("the subscription has moved", async || connector.subscriber.is_live(moved)).await;
        let before = connector.received.all().len();
        let is_next = |messages: &Received| matches!(messages, Received::Live { conversation, .. } if conversation == moved.as_str());
        connector.received.until("an event after the move", |all| all[before..].iter().any(is_next)).await;
    }
    stop.cancel();
    for (name, talk) in names.iter().zip(talks) {
        let count = talk.await.unwrap();
        assert!(count > 0);
        whole(&connector, name, count).await;
    }
    assert!(connector.received.all().contains(&Received::Lost));
}

#[tokio::test]
async fn letters_find_a_connector_whose_inbox_has_moved() {
    let cluster = RedisCluster::of_three().await;
    // Each on its own, as in two processes: one must not learn of the move from the other.
    let sender = Connector::on_cluster(&broker_of(&cluster, 0)).await;
    let receiver = Connector::on_cluster(&broker_of(&cluster, 0)).await;
    let mut peer_messages = receiver.messenger.peer_messages();
    for _ in 0..3 {
        let slot = cluster.slot(receiver.id.as_str()).await;
        let to = (cluster.owner_of(slot).await + 1) % 3;
        cluster.begin_to_move(slot, to).await;
        cluster.move_on(slot, to).await;
        let arrives = async || sender.messenger.send(&receiver.id, b"hello").await.is_ok_and(|claimed| claimed);
        until("the inbox stands again", arrives).await;
        assert_eq!(in_time("the message", peer_messages.recv()).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn keys_are_found_on_both_sides_of_a_move() {
    let cluster = RedisCluster::of_three().await;
    let broker = broker_of(&cluster, 0);
    let (long, name) = (Duration::from_mins(1), conversation("c"));
    let slot = cluster.slot(name.as_str()).await;
    let (from, to) = (cluster.owner_of(slot).await, (cluster.owner_of(slot).await + 1) % 3);
    broker.set(name.as_str(), b"here", long).await.unwrap();
    cluster.begin_to_move(slot, to).await;
    assert_eq!(broker.get(name.as_str()).await.unwrap().unwrap(), "here");
    assert_eq!(broker.get(&format!("{{{name}}}")).await.unwrap(), None);
    // What is new in the slot lies with the new server already, while it belongs to the old one.
    let key = format!("x{{{name}}}", name = name.as_str());
    broker.set(&key, b"there", long).await.unwrap();
    assert_eq!(cluster.servers[from].cli::<i64>(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]).await, 1);
    assert_eq!(broker.get(&key).await.unwrap().unwrap(), "there");
    cluster.move_on(slot, to).await;
    assert!(broker.delete(&key).await.unwrap() && broker.delete(name.as_str()).await.unwrap());
}

#[tokio::test]
async fn after_a_primarys_death_its_replica_has_everything_and_the_others_went_on() {
    let mut cluster = RedisCluster::start(3, 1, &[]).await;
    let broker = broker_of(&cluster, 1);
    let connector = Connector::on_cluster(&broker).await;
    let stop = CancellationToken::new();
    let names: Vec<_> = (0..12).map(|number| conversation(&format!("c{number}"))).collect();
    let mut talks = Vec::new();
    for name in &names {
        connector.subscriber.subscribe(name).await.unwrap();
        talks.push(talk(&broker, name, &stop));
    }
    let dead = cluster.owner(names[0].as_str()).await;
    let mut elsewhere = None;
    for name in &names {
        if cluster.owner(name.as_str()).await != dead {
            elsewhere = Some(name.clone());
        }
    }
    let elsewhere = elsewhere.unwrap();
    let went_on = async {
        until("the loss", async || !connector.subscriber.is_live(&names[0])).await;
        connector.subscriber.is_live(&elsewhere)
    };
    let (_, went_on) = tokio::join!(cluster.kill_primary(dead), went_on);
    assert!(went_on, "the other servers' conversations are served all the time");
    // It comes back as the replica that its successor needs.
    cluster.servers[dead].restart().await;
    until("the replica is subscribed to", async || connector.subscriber.is_live(&names[0])).await;
    let count = connector.received.all().len();
    connector.received.until("more", |all| all.len() > count + 20).await;
    stop.cancel();
    for (name, talk) in names.iter().zip(talks) {
        let count = talk.await.unwrap();
        whole(&connector, name, count).await;
    }
    assert!(connector.received.all().contains(&Received::Lost));
}

#[tokio::test]
async fn tls_and_users_with_few_rights_will_do() {
    let cluster = SecuredCluster::start(3, 0).await;
    let settings = RedisSettings { cluster: true, ca_cert: Some(cluster.ca()), ..RedisSettings::new(cluster.url()) };
    let broker = RedisBroker::new(settings, Retention::default()).unwrap();
    let connector = Connector::on_cluster(&broker).await;
    for number in 0..20 {
        let name = conversation(&format!("c{number}"));
        connector.subscriber.subscribe(&name).await.unwrap();
        let recorded = broker.record(&event_with_id(&name, "a", "7")).await.unwrap();
        assert!(matches!(recorded, Recorded::Accepted { receivers: 1, .. }), "{recorded:?}");
        broker.claim(&name, &connector.id, Duration::from_mins(1)).await.unwrap();
        broker.release(&name, &connector.id).await.unwrap();
    }
    assert_eq!(connector.received.texts(20).await.len(), 20);
}

#[tokio::test]
async fn one_that_is_no_cluster_or_is_not_taken_for_one_says_so() {
    let (cluster, single) = (shared_cluster().await.remove(0), shared().await);
    let mistaken = RedisBroker::new(RedisSettings::new(cluster.url()), Retention::default()).unwrap();
    let mut refused = 0;
    for number in 0..20 {
        match mistaken.record(&event_with_id(&conversation(&format!("c{number}")), "a", "7")).await {
            Err(Error::Cluster) => refused += 1,
            outcome => assert!(outcome.is_ok(), "{outcome:?}"),
        }
    }
    assert!(refused > 5, "{refused} of 20");
    let settings = RedisSettings { cluster: true, ..RedisSettings::new(single.url()) };
    let none = RedisBroker::new(settings, Retention::default()).unwrap();
    assert!(matches!(none.ping().await, Err(Error::Unavailable(_))));
}
