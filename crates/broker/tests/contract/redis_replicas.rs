//! Events that replicas must have.

use broker::testing::RedisServer;
use broker::{Error, EventLog as _, Recorded, RedisBroker, RedisSettings, Retention};
use futures_util::future::join_all;

use crate::stage::{conversation, event_with_id, eventually};

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
    eventually("the replica has acknowledged something", async || {
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
    assert_eq!(replica.cli::<i64>(&["XLEN", "aa:{projects/p/conversations/c}:log"]).await, 1);
}

#[tokio::test]
async fn what_is_recorded_is_on_the_replica_however_many_come_at_a_time() {
    let primary = primary().await;
    let replica = replica_of(&primary).await;
    let broker = broker(&primary, 1);
    let events = (0..200).map(|number| {
        let (broker, replica) = (&broker, &replica);
        async move {
            let name = conversation(&format!("c{number}"));
            let recorded = broker.record(&event_with_id(&name, "a", "7")).await;
            assert!(matches!(recorded, Ok(Recorded::Accepted { .. })), "{recorded:?}");
            let log = format!("aa:{{projects/p/conversations/c{number}}}:log");
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
    eventually("Redis is back, alone", again).await;
}
