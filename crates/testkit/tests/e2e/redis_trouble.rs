//! A Redis that answers late, or not as it should.

use std::time::{Duration, Instant};
use testkit::redis::RedisServer;
use testkit::{Deployment, Push, assert_payloads, talk};

/// Pub/Sub's shortest acknowledgement deadline is 10 s; an answer must come long before.
const IN_TIME: Duration = Duration::from_secs(4);

/// Pushes once; Redis is in trouble, so the response is 503, and comes in time.
async fn is_refused_in_time(deployment: &Deployment, push: &Push) {
    let asked = Instant::now();
    assert_eq!(deployment.try_push(push).await, 503);
    assert!(asked.elapsed() < IN_TIME, "it took {:?}", asked.elapsed());
}

/// Everything arrives, once and in order, after some trouble in the middle.
async fn arrives_after(trouble: impl AsyncFn(&Deployment, &Push)) {
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 1, &[]).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    let pushes: Vec<_> = (1..=3).map(|number| Push::message(&talk(), number)).collect();
    deployment.push(&pushes[0]).await;
    trouble(&deployment, &pushes[1]).await;
    for push in &pushes[1..] {
        deployment.push(push).await;
    }
    assert_payloads(&desktop.last_events(pushes.len(), &talk()).await, &talk(), &pushes);
}

async fn ok(deployment: &Deployment, command: &[&str]) {
    assert_eq!(deployment.redis.cli::<String>(command).await, "OK", "{command:?}");
}

#[tokio::test]
async fn a_paused_redis_is_not_waited_for() {
    arrives_after(async |deployment, push| {
        ok(deployment, &["CLIENT", "PAUSE", "6000", "ALL"]).await;
        is_refused_in_time(deployment, push).await;
    })
    .await;
}

#[tokio::test]
async fn a_full_redis_takes_nothing_and_loses_nothing() {
    arrives_after(async |deployment, push| {
        ok(deployment, &["CONFIG", "SET", "maxmemory", "1mb"]).await;
        is_refused_in_time(deployment, push).await;
        // Desktops come and go all the same.
        let mut late = deployment.desktop(0, &talk()).await;
        assert!(late.last_events(0, &talk()).await.is_empty());
        ok(deployment, &["CONFIG", "SET", "maxmemory", "0"]).await;
    })
    .await;
}

#[tokio::test]
async fn flushed_scripts_are_loaded_again() {
    arrives_after(async |deployment, _| ok(deployment, &["SCRIPT", "FLUSH"]).await).await;
}

#[tokio::test]
async fn a_replica_is_not_used_until_it_is_a_primary_again() {
    arrives_after(async |deployment, push| {
        // Its primary is nowhere, so that it keeps what it has.
        ok(deployment, &["REPLICAOF", "127.0.0.1", "1"]).await;
        is_refused_in_time(deployment, push).await;
        deployment.connectors[0].answers("/ready", 503).await;
        ok(deployment, &["REPLICAOF", "NO", "ONE"]).await;
        deployment.connectors[0].answers("/ready", 200).await;
    })
    .await;
}
