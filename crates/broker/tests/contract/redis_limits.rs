//! Redis that is slow, full, read-only or away.

use std::time::{Duration, Instant};

use broker::{Error, KeyValue as _, Publisher as _, Recorded, RedisBroker, RedisSettings, Retention};
use event::Position;

use crate::stage::{Connector, Received, conversation, event_with_id};
use testkit::redis::RedisServer;
use testkit::{PATIENCE, until};

fn broker(server: &RedisServer, timeout: Duration, in_flight: usize) -> RedisBroker {
    let settings = RedisSettings { response_timeout: timeout, in_flight, ..RedisSettings::new(server.url()) };
    RedisBroker::new(settings, Retention::default()).unwrap()
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_given_up_and_found_again() {
    let server = RedisServer::start().await;
    let broker = broker(&server, Duration::from_millis(200), 1);
    let (name, connector) = (conversation("c"), Connector::on_redis(&broker).await);
    let events = ["1", "2", "3"].map(|id| event_with_id(&name, id, id));
    broker.record(&events[0]).await.unwrap();
    server.cli::<String>(&["CLIENT", "PAUSE", "600000", "WRITE"]).await;
    let begun = Instant::now();
    // The second one waits for the place of the first.
    let (one, two) = tokio::join!(broker.record(&events[1]), broker.record(&events[2]));
    assert!(matches!(one, Err(Error::Timeout(_))) && matches!(two, Err(Error::Timeout(_))), "{one:?} {two:?}");
    assert!(begun.elapsed() < PATIENCE);
    server.cli::<String>(&["CLIENT", "UNPAUSE"]).await;
    for event in &events {
        // It may have been recorded after we gave up.
        until("the event is recorded", async || broker.record(event).await.is_ok()).await;
    }
    let log = connector.log.read_after(&name, Position::START, 10).await.unwrap();
    assert_eq!(log.len(), 3);
}

#[tokio::test]
async fn a_full_redis_takes_nothing_or_all() {
    let server = RedisServer::start_with(&["--maxmemory-policy", "noeviction"]).await;
    let broker = broker(&server, Duration::from_secs(5), 8);
    let (name, event) = (conversation("c"), event_with_id(&conversation("c"), "a", "7"));
    server.cli::<String>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert!(matches!(broker.record(&event).await, Err(Error::Unavailable(_))));
    assert!(matches!(broker.set("k", b"v", PATIENCE).await, Err(Error::Unavailable(_))));
    assert_eq!(server.cli::<i64>(&["DBSIZE"]).await, 0);
    server.cli::<String>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert!(matches!(broker.record(&event).await, Ok(Recorded::Accepted { .. })));
    let connector = Connector::on_redis(&broker).await;
    assert_eq!(connector.log.read_after(&name, Position::START, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_replica_is_unavailable_until_it_is_promoted() {
    let server = RedisServer::start().await;
    let broker = broker(&server, Duration::from_secs(5), 8);
    let event = event_with_id(&conversation("c"), "a", "7");
    server.cli::<String>(&["REPLICAOF", "127.0.0.1", "1"]).await;
    let refused = broker.record(&event).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    assert!(std::error::Error::source(&refused).unwrap().to_string().contains("replica"), "{refused:?}");
    server.cli::<String>(&["REPLICAOF", "NO", "ONE"]).await;
    assert!(matches!(broker.record(&event).await, Ok(Recorded::Accepted { .. })));
}

#[tokio::test]
async fn redis_need_not_be_up_at_the_start() {
    let mut server = RedisServer::start().await;
    server.kill();
    let broker = broker(&server, Duration::from_secs(5), 8);
    let connector = Connector::start(&broker);
    assert!(matches!(broker.ping().await, Err(Error::Unavailable(_))));
    assert!(matches!(connector.subscriber.subscribe(&conversation("c")).await, Err(Error::Unavailable(_))));
    assert!(!connector.subscriber.is_connected());
    server.restart().await;
    until("Redis answers", async || broker.ping().await.is_ok()).await;
    // There was nothing to lose, but a subscription was refused.
    until("the refused subscribers are notified", async || connector.received.all() == [Received::Restored]).await;
    assert!(connector.subscriber.is_connected());
}

#[tokio::test]
async fn an_idle_connection_that_redis_closed_costs_no_operation() {
    let server = RedisServer::start().await;
    let broker = broker(&server, Duration::from_secs(5), 8);
    for _ in 0..5 {
        broker.ping().await.unwrap();
        server.cli::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        let others = async || !server.cli::<String>(&["CLIENT", "LIST"]).await.contains("cmd=ping");
        until("the connection is closed", others).await;
        tokio::task::yield_now().await;
    }
    broker.ping().await.unwrap();
}
