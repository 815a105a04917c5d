//! The interceptor pulls, with Google's own Pub/Sub emulator at the other end.

use std::collections::BTreeSet;

use redis::streams::StreamRangeReply;
use serde_json::Value;
use testkit::redis::{Redis, RedisServer, shared};
use testkit::{Deployment, Desktop, Emulator, KINDS, Push, assert_payload, eventually, talk, until};
const MESSAGES: &str = "new-message-event";

/// Both services and the emulator; the interceptor pulls every kind of event.
struct PullSetup {
    emulator: Emulator,
    deployment: Deployment,
}

impl PullSetup {
    /// Nothing where the emulator is not installed.
    async fn start(redis: &Redis, settings: &[(&str, &str)]) -> Option<Self> {
        let emulator = Emulator::start().await?;
        let mut subscriptions = Vec::new();
        for kind in KINDS {
            subscriptions.push(format!("{}={kind}", emulator.offer(kind).await));
        }
        let (host, subscriptions) = (emulator.host(), subscriptions.join(","));
        let pull = [("PUBSUB_EMULATOR_HOST", host.as_str()), ("PUBSUB_SUBSCRIPTIONS", &subscriptions)];
        let deployment = Deployment::start_on(redis, 1, &[pull.as_slice(), settings].concat()).await;
        Some(Self { emulator, deployment })
    }
}

fn messages(count: usize) -> Vec<Push> {
    (0..count).map(|number| Push::message(&talk(), number)).collect()
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    let id = |event: &Value| event["args"][0]["message_id"].as_str().expect("an id").to_owned();
    events.iter().map(id).collect()
}

/// The ids of what a desktop got, each once.
async fn all_ids(desktop: &mut Desktop, count: usize) -> BTreeSet<String> {
    let events = desktop.last_events(count, &talk()).await;
    let ids = ids(&events);
    assert_eq!((events.len(), ids.len()), (count, count), "each event once");
    ids
}

#[tokio::test]
async fn every_kind_of_event_arrives_without_push_endpoints() {
    let Some(mut stage) = PullSetup::start(&shared().await, &[("PUSH_ENDPOINTS", "false")]).await else { return };
    let mut desktop = stage.deployment.desktop(0, &talk()).await;
    for mut push in Push::of_every_kind(&talk()) {
        assert_eq!(stage.deployment.try_push(&push).await, 404);
        push.id = stage.emulator.publish(&push).await;
        assert_payload(&desktop.events(1).await[0], &talk(), &push, None);
    }
    let malformed = Push::new(MESSAGES, "", "nothing of Dialogflow's");
    let id = stage.emulator.publish(&malformed).await;
    let redis = &stage.deployment.redis;
    let kept = eventually("the malformed message is kept", async || {
        let kept: StreamRangeReply = redis.cli(&["XRANGE", "aa:quarantine", "-", "+"]).await;
        // Other tests have theirs kept there too.
        kept.ids.into_iter().find(|entry| entry.get("message_id") == Some(id.clone()))
    });
    assert_eq!(kept.await.get("body"), Some(malformed.data));
    // It was acknowledged, so a restart does not bring it back.
    stage.deployment.interceptor.restart().await;
    assert!(desktop.last_events(0, &talk()).await.is_empty());
}

#[tokio::test]
async fn pushed_and_pulled_events_arrive_once() {
    let Some(stage) = PullSetup::start(&shared().await, &[]).await else { return };
    stage.emulator.subscribe(MESSAGES, &stage.deployment.interceptor.url(&format!("/{MESSAGES}"))).await;
    let mut desktop = stage.deployment.desktop(0, &talk()).await;
    let published = stage.emulator.publish_all(&messages(200)).await;
    assert_eq!(all_ids(&mut desktop, 200).await, published.into_iter().collect());
}

#[tokio::test]
#[ignore = "slow: what a killed process had pulled comes again when its lease ends, after up to a minute"]
async fn killed_in_the_middle_of_a_burst_it_loses_nothing() {
    let Some(mut stage) = PullSetup::start(&shared().await, &[]).await else { return };
    let mut desktop = stage.deployment.desktop(0, &talk()).await;
    let published: BTreeSet<_> = stage.emulator.publish_all(&messages(3_000)).await.into_iter().collect();
    let mut got = desktop.events(1).await;
    stage.deployment.interceptor.restart().await;
    // What was under way comes again when its lease ends.
    got.extend(desktop.events(published.len() - got.len()).await);
    assert_eq!((got.len(), ids(&got)), (published.len(), published));
    assert!(desktop.last_events(0, &talk()).await.is_empty());
}

#[tokio::test]
async fn while_redis_does_not_answer_memory_is_bounded_and_nothing_is_lost() {
    let redis = RedisServer::start().await;
    let Some(stage) = PullSetup::start(&redis, &[]).await else { return };
    let mut desktop = stage.deployment.desktop(0, &talk()).await;
    let before = stage.deployment.interceptor.resident_bytes();
    let filler = "x".repeat(20_000);
    let talk = talk();
    let data = |number| format!(r#"{{"conversation":"{talk}","text":"{number} {filler}"}}"#);
    let large: Vec<_> = (0..100).map(|number| Push::new(MESSAGES, "", &data(number))).collect();
    redis.cli::<String>(&["CLIENT", "PAUSE", "5000", "ALL"]).await;
    let mut published = BTreeSet::new();
    // 80 MB, of which the interceptor may hold 256 messages, 5 MB, a few times over.
    for _ in 0..40 {
        published.extend(stage.emulator.publish_all(&large).await);
    }
    let refused = eventually("Redis is too slow", async || {
        Some(stage.deployment.interceptor.log()).filter(|log| log.contains("messages not acknowledged"))
    });
    assert!(refused.await.contains("did not answer within"));
    assert_eq!(all_ids(&mut desktop, 4_000).await, published);
    let grown = stage.deployment.interceptor.peak_bytes().saturating_sub(before);
    assert!(grown < 60_000_000, "it grew by {grown} bytes");
}

#[tokio::test]
async fn a_subscription_that_is_made_later_is_pulled_from_then() {
    let Some(emulator) = Emulator::start().await else { return };
    let (host, subscriptions) = (emulator.host(), format!("{MESSAGES}-pulled={MESSAGES}"));
    let pull = [("PUBSUB_EMULATOR_HOST", host.as_str()), ("PUBSUB_SUBSCRIPTIONS", &subscriptions)];
    let mut deployment = Deployment::start_with(1, &pull).await;
    let failed = "failed to pull from a subscription";
    until("the subscription is missed", async || deployment.interceptor.log().contains(failed)).await;
    emulator.offer(MESSAGES).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    let id = emulator.publish(&messages(1)[0]).await;
    assert_eq!(ids(&desktop.events(1).await), BTreeSet::from([id]));
    deployment.interceptor.terminate();
    assert_eq!(deployment.interceptor.end().await.code(), Some(0));
}
