//! A Redis that answers late, or not as it should.

use std::time::{Duration, Instant};

use crate::support::{Deployment, Push, assert_payloads, eventually};

const CONVERSATION: &str = "projects/acme-support/conversations/redis-trouble";

/// Pub/Sub's shortest acknowledgement deadline is 10 s; an answer must come long before.
const IN_TIME: Duration = Duration::from_secs(4);

/// Pushes once; Redis is in trouble, so the answer is 503, and in time.
async fn is_refused_in_time(deployment: &Deployment, push: &Push) {
    let asked = Instant::now();
    assert_eq!(deployment.try_push(push).await, 503);
    assert!(asked.elapsed() < IN_TIME, "it took {:?}", asked.elapsed());
}

/// Everything arrives, once and in order, after some trouble in the middle.
async fn arrives_after(trouble: impl AsyncFn(&Deployment, &Push)) {
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, CONVERSATION).await;
    let pushes: Vec<_> = (1..=3).map(|number| Push::message(CONVERSATION, number)).collect();
    deployment.push(&pushes[0]).await;
    trouble(&deployment, &pushes[1]).await;
    for push in &pushes[1..] {
        deployment.push(push).await;
    }
    assert_payloads(&desktop.last_events(pushes.len(), CONVERSATION).await, CONVERSATION, &pushes);
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
        let mut late = deployment.desktop(0, CONVERSATION).await;
        assert!(late.last_events(0, CONVERSATION).await.is_empty());
        ok(deployment, &["CONFIG", "SET", "maxmemory", "0"]).await;
    })
    .await;
}

#[tokio::test]
async fn flushed_scripts_are_loaded_again() {
    arrives_after(async |deployment, _| ok(deployment, &["SCRIPT", "FLUSH"]).await).await;
}

#[tokio::test]
async fn a_redis_that_has_become_a_replica_is_left_until_it_is_a_primary_again() {
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

#[tokio::test]
async fn what_redis_has_forgotten_is_told() {
    let mut deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, CONVERSATION).await;
    let mut quiet = deployment.desktop(0, &format!("{CONVERSATION}-quiet")).await;
    let pushes = [Push::message(CONVERSATION, 1), Push::message(CONVERSATION, 2)];
    deployment.push(&pushes[0]).await;
    let mut got = desktop.events(1).await;
    deployment.redis.restart().await;
    let told = desktop.events(1).await.remove(0);
    assert_eq!(told["name"], "events-missed");
    assert_eq!(told["args"], serde_json::json!([{"conversation_name": CONVERSATION}]));
    deployment.push(&pushes[1]).await;
    got.append(&mut desktop.last_events(1, CONVERSATION).await);
    assert_payloads(&got, CONVERSATION, &pushes);
    assert!(quiet.last_events(0, &format!("{CONVERSATION}-quiet")).await.is_empty());
}

#[tokio::test]
async fn sessions_are_known_again_after_redis_has_forgotten_them() {
    let mut deployment = Deployment::start(1).await;
    let _desktop = deployment.desktop(0, CONVERSATION).await;
    let sessions = async |deployment: &Deployment| {
        let found: Vec<String> = deployment
            .redis
            .try_cli(&["KEYS", "aa:session:*"])
            .await
            .ok()
            .and_then(|found| redis::from_redis_value(found).ok())
            .unwrap_or_default();
        (found.len() == 1).then_some(())
    };
    eventually("the session is noted", async || sessions(&deployment).await).await;
    deployment.redis.restart().await;
    eventually("the session is noted again", async || sessions(&deployment).await).await;
}
