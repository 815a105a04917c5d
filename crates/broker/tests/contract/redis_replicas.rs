//! Events that replicas must have.

use broker::{Error, LogHead, Publisher as _, Recorded, RedisBroker, RedisSettings, Retention};
use event::Position;
use futures_util::future::join_all;

use crate::stage::{Connector, conversation, event_with_id};
use testkit::redis::RedisServer;
use testkit::until;

fn broker(server: &RedisServer, min_replicas: usize) -> RedisBroker {
    let settings = RedisSettings { min_replicas, ..RedisSettings::new(server.url()) };
    RedisBroker::new(settings, Retention::default()).unwrap()
}

async fn primary() -> RedisServer {
    RedisServer::start_with(&["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"]).await
}

async fn replica_of(primary: &RedisServer) -> RedisServer {
    let replica = RedisServer::start().await;
    replica.cli::<String>(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await;
    until("the replica has acknowledged something", async || {
        let replication: String = primary.cli(&["INFO", "replication"]).await;
        replication.contains("state=online") && !replication.contains(",offset=0,")
    })
    .await;
    replica
}

#[tokio::test]
async fn without_the_replica_no_event_counts_as_recorded() {
    let primary = primary().await;
    let broker = broker(&primary, 1);
    let event = event_with_id(&conversation("c"), "a", "7");
    assert!(matches!(broker.record(&event).await, Err(Error::TooFewReplicas(1))));
    // Delivered again, it is a duplicate, and still no replica has it.
    assert!(matches!(broker.record(&event).await, Err(Error::TooFewReplicas(1))));
    let replica = replica_of(&primary).await;
    assert!(matches!(broker.record(&event).await, Ok(Recorded::Duplicate)));
    assert_eq!(replica.cli::<i64>(&["XLEN", &format!("aa:{{{}}}:log", conversation("c"))]).await, 1);
}

#[tokio::test]
async fn concurrent_events_are_all_on_the_replica() {
    let primary = primary().await;
    let replica = replica_of(&primary).await;
    let broker = broker(&primary, 1);
    let events = (0..200).map(|number| {
        let (broker, replica) = (&broker, &replica);
        async move {
            let name = conversation(&format!("c{number}"));
            let recorded = broker.record(&event_with_id(&name, "a", "7")).await;
            assert!(matches!(recorded, Ok(Recorded::Accepted { .. })), "{recorded:?}");
            let log = format!("aa:{{{name}}}:log");
            assert_eq!(replica.cli::<i64>(&["XLEN", &log]).await, 1);
        }
    });
    join_all(events).await;
}

#[tokio::test]
async fn a_primary_that_comes_back_alone_is_asked_anew() {
    let mut primary = primary().await;
    let broker = broker(&primary, 1);
    let replica = replica_of(&primary).await;
    assert!(broker.record(&event_with_id(&conversation("c"), "a", "7")).await.is_ok());
    drop(replica);
    primary.restart().await;
    let again = async || match broker.record(&event_with_id(&conversation("c"), "b", "8")).await {
        Err(Error::TooFewReplicas(1)) => true,
        Err(_) => false,
        Ok(recorded) => panic!("{recorded:?} without a replica"),
    };
    until("Redis is back, alone", again).await;
}

#[tokio::test]
async fn publishes_no_event_before_replicas_have_it() {
    let primary = primary().await;
    let (broker, name) = (broker(&primary, 1), conversation("c"));
    let connector = Connector::on_redis(&broker).await.subscribed(&name).await;
    let (first, second) = (event_with_id(&name, "a", "7"), event_with_id(&name, "b", "8"));
    for event in [&first, &second] {
        assert!(matches!(broker.record(event).await, Err(Error::TooFewReplicas(1))));
    }
    assert!(connector.received.all().is_empty());
    assert!(connector.log.read_after(&name, Position::START, 10).await.unwrap().is_empty());
    assert_eq!(
        connector.log.open(&name).await.unwrap(),
        LogHead { undelivered: None, tail: Position::START, claimed: None }
    );
    let replica = replica_of(&primary).await;
    // The later one comes first; with it comes what was recorded before.
    assert!(matches!(broker.record(&second).await, Ok(Recorded::Duplicate)));
    assert_eq!(connector.received.texts(2).await, ["a", "b"]);
    assert!(matches!(broker.record(&first).await, Ok(Recorded::Duplicate)));
    let recorded = broker.record(&event_with_id(&name, "c", "9")).await.unwrap();
    assert!(matches!(recorded, Recorded::Accepted { receivers: 1, .. }), "{recorded:?}");
    assert_eq!(connector.received.texts(3).await, ["a", "b", "c"]);
    assert_eq!(connector.log.read_after(&name, Position::START, 10).await.unwrap().len(), 3);
    drop(replica);
}

#[tokio::test]
async fn marks_undelivered_events_when_publishing() {
    let primary = primary().await;
    let (broker, name) = (broker(&primary, 1), conversation("c"));
    let _replica = replica_of(&primary).await;
    let Ok(Recorded::Accepted { position, receivers: 0 }) = broker.record(&event_with_id(&name, "a", "7")).await else {
        panic!("no connector is subscribed");
    };
    assert!(broker.record(&event_with_id(&name, "b", "8")).await.is_ok());
    let opened = Connector::on_redis(&broker).await.log.open(&name).await.unwrap();
    assert_eq!(opened.undelivered, Some(position));
    assert!(opened.tail > position);
}

#[tokio::test]
async fn an_interceptor_that_asks_no_replicas_hides_nothing_that_another_one_holds_back() {
    let primary = primary().await;
    let (holding, hasty, name) = (broker(&primary, 1), broker(&primary, 0), conversation("c"));
    let connector = Connector::on_redis(&hasty).await.subscribed(&name).await;
    assert!(hasty.record(&event_with_id(&name, "a", "6")).await.is_ok());
    assert!(holding.record(&event_with_id(&name, "b", "7")).await.is_err());
    assert!(hasty.record(&event_with_id(&name, "c", "8")).await.is_ok());
    assert_eq!(connector.received.texts(3).await, ["a", "b", "c"]);
}
