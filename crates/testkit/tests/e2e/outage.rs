//! Redis goes away and comes back.

use testkit::redis::RedisServer;
use testkit::{Deployment, Push, assert_payloads, conversation, http, talk, until};

#[tokio::test]
async fn a_push_without_redis_is_refused_and_redelivered() {
    let mut redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 1, &[]).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    let mut quiet = deployment.desktop(0, &conversation("quiet")).await;
    let pushes = [Push::message(&talk(), 1), Push::message(&talk(), 2)];
    deployment.push(&pushes[0]).await;
    let mut got = desktop.events(1).await;

    redis.kill();
    let request = http().post(deployment.interceptor.url(&pushes[1].path())).json(&pushes[1].body());
    let refused = request.send().await.expect("an answer");
    assert_eq!(refused.status(), 503);
    let seconds = refused.headers()["retry-after"].to_str().expect("a text").parse::<u32>();
    assert!(seconds.is_ok_and(|seconds| seconds > 0));
    deployment.connectors[0].answers("/ready", 503).await;
    assert_eq!(deployment.connectors[0].get("/live").await.0, 200);
    assert_eq!(deployment.interceptor.get("/status").await.0, 503);
    assert_eq!(deployment.interceptor.get("/live").await.0, 200);

    redis.restart().await;
    deployment.connectors[0].answers("/ready", 200).await;
    deployment.interceptor.answers("/status", 200).await;
    // It came back empty, and what else it had is unknown.
    let missed = desktop.events(1).await.remove(0);
    assert_eq!(missed["name"], "events-missed");
    assert_eq!(missed["args"], serde_json::json!([{"conversation_name": talk()}]));
    deployment.push(&pushes[1]).await;
    got.append(&mut desktop.last_events(1, &talk()).await);
    assert_payloads(&got, &talk(), &pushes);
    assert!(quiet.last_events(0, &conversation("quiet")).await.is_empty());
}

#[tokio::test]
async fn events_published_without_a_subscription_are_replayed() {
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 2, &[]).await;
    let desktops = [deployment.desktop(0, &talk()).await, deployment.desktop(1, &talk()).await];
    let pushes: Vec<_> = (0..120).map(|number| Push::message(&talk(), number)).collect();
    for (number, push) in pushes.iter().enumerate() {
        if number % 30 == 10 {
            let cut: i64 = deployment.redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
            assert!(cut > 0 || number > 10, "there was no subscription");
        }
        deployment.push(push).await;
    }
    for mut desktop in desktops {
        assert_payloads(&desktop.last_events(pushes.len(), &talk()).await, &talk(), &pushes);
    }
}

#[tokio::test]
async fn malformed_pushes_are_refused_too_while_they_cannot_be_kept() {
    let mut redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 0, &[]).await;
    redis.kill();
    let push = Push::new("new-message-event", "1", "no JSON");
    assert_eq!(deployment.try_push(&push).await, 503);
    redis.restart().await;
    deployment.interceptor.answers("/status", 200).await;
    deployment.push(&push).await;
    assert_eq!(deployment.redis.cli::<u64>(&["XLEN", "aa:quarantine"]).await, 1);
}

#[tokio::test]
async fn the_keys_of_mappings_and_sessions_come_back_with_redis() {
    let mut redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 1, &[]).await;
    let _desktop = deployment.desktop(0, &talk()).await;
    let connector = deployment.mapping(&talk()).await;
    assert!(connector.is_some());
    let session = async || deployment.redis.cli::<Vec<String>>(&["KEYS", "aa:session:*"]).await.len() == 1;
    until("the session is noted", session).await;
    redis.restart().await;
    until("the mapping key is there", async || deployment.mapping(&talk()).await == connector).await;
    until("the session is noted again", session).await;
}
