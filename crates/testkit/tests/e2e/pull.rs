//! The interceptor pulls, with Google's own Pub/Sub emulator at the other end.

use std::collections::BTreeSet;

use event::EventKind;
use serde_json::Value;

use crate::support::{
    Deployment, Desktop, Emulator, PATIENCE, Process, Push, announce, assert_payload, eventually, http,
};

const CONVERSATION: &str = "projects/acme-support/conversations/pulled";
const MESSAGES: &str = "new-message-event";

/// Both services and the emulator; the interceptor pulls every kind of event.
struct Stage {
    emulator: Emulator,
    deployment: Deployment,
    /// What the interceptor was told beside the deployment's settings.
    pull: Vec<(&'static str, String)>,
}

impl Stage {
    /// Nothing where the emulator is not installed.
    async fn start(settings: &[(&'static str, &str)]) -> Option<Self> {
        let emulator = emulator().await?;
        let mut subscriptions = Vec::new();
        for kind in EventKind::ALL {
            subscriptions.push(format!("{}={kind}", emulator.offer(&kind.to_string()).await));
        }
        let mut pull =
            vec![("PUBSUB_EMULATOR_HOST", emulator.host()), ("PUBSUB_SUBSCRIPTIONS", subscriptions.join(","))];
        pull.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let deployment = Deployment::start(1).await;
        let mut stage = Self { emulator, deployment, pull };
        stage.restart_interceptor().await;
        Some(stage)
    }

    /// Whatever it was doing.
    async fn restart_interceptor(&mut self) {
        self.deployment.interceptor.kill();
        let mut environment = self.deployment.environment();
        environment.extend(self.pull.iter().map(|(name, value)| (*name, value.as_str())));
        self.deployment.interceptor = Process::start("cloud-pubsub-interceptor", &environment).await;
    }
}

/// Nothing where it is not installed.
async fn emulator() -> Option<Emulator> {
    let emulator = Emulator::start().await;
    if emulator.is_none() {
        announce(
            "SKIPPED: a test of pulling; `gcloud components install pubsub-emulator` and Java bring what it needs",
        );
    }
    emulator
}

fn messages(count: usize) -> Vec<Push> {
    (0..count).map(|number| Push::message(CONVERSATION, number)).collect()
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    let id = |event: &Value| event["args"][0]["message_id"].as_str().expect("an id").to_owned();
    events.iter().map(id).collect()
}

/// The ids of what a desktop got, each once.
async fn all_ids(desktop: &mut Desktop, count: usize) -> BTreeSet<String> {
    let events = desktop.last_events(count, CONVERSATION).await;
    let ids = ids(&events);
    assert_eq!((events.len(), ids.len()), (count, count), "each event once");
    ids
}

#[tokio::test]
async fn without_an_inbound_route_every_kind_of_event_arrives_as_if_pushed() {
    let Some(mut stage) = Stage::start(&[("PUSH_ENDPOINTS", "false")]).await else { return };
    let mut desktop = stage.deployment.desktop(0, CONVERSATION).await;
    for mut push in Push::of_every_kind(CONVERSATION) {
        assert_eq!(stage.deployment.try_push(&push).await, 404);
        push.id = stage.emulator.publish(&push).await;
        assert_payload(&desktop.events(1).await[0], CONVERSATION, &push, None);
    }
    let malformed = Push::new(MESSAGES, "", "nothing of Dialogflow's");
    let id = stage.emulator.publish(&malformed).await;
    let redis = &stage.deployment.redis;
    let kept = eventually("the malformed message is kept", async || {
        let kept: Vec<(String, Vec<(String, String)>)> = redis.cli(&["XRANGE", "aa:quarantine", "-", "+"]).await;
        kept.into_iter().next()
    });
    let fields = kept.await.1;
    assert!(fields.contains(&("message_id".to_owned(), id)), "{fields:?}");
    assert!(fields.contains(&("body".to_owned(), malformed.data.clone())), "{fields:?}");
    // Acknowledged: whoever asks next gets nothing, and a restart brings nothing back.
    stage.restart_interceptor().await;
    assert!(desktop.last_events(0, CONVERSATION).await.is_empty());
}

#[tokio::test]
async fn what_is_pushed_and_pulled_arrives_once() {
    let Some(stage) = Stage::start(&[]).await else { return };
    stage.emulator.subscribe(MESSAGES, &stage.deployment.interceptor.url(&format!("/{MESSAGES}"))).await;
    let mut desktop = stage.deployment.desktop(0, CONVERSATION).await;
    let published = stage.emulator.publish_all(&messages(200)).await;
    assert_eq!(all_ids(&mut desktop, 200).await, published.into_iter().collect());
}

#[tokio::test]
async fn killed_in_the_middle_of_a_burst_it_loses_nothing() {
    let Some(mut stage) = Stage::start(&[]).await else { return };
    let mut desktop = stage.deployment.desktop(0, CONVERSATION).await;
    let published: BTreeSet<_> = stage.emulator.publish_all(&messages(3_000)).await.into_iter().collect();
    let mut got = desktop.events(1).await;
    stage.restart_interceptor().await;
    // What was under way comes again when its lease ends.
    got.extend(desktop.events(published.len() - got.len()).await);
    assert_eq!((got.len(), ids(&got)), (published.len(), published));
    assert!(desktop.last_events(0, CONVERSATION).await.is_empty());
}

#[tokio::test]
async fn while_redis_does_not_answer_memory_is_bounded_and_nothing_is_lost() {
    let Some(stage) = Stage::start(&[("PULL_MAX_MESSAGES", "100")]).await else { return };
    let mut desktop = stage.deployment.desktop(0, CONVERSATION).await;
    let before = stage.deployment.interceptor.resident_bytes();
    let filler = "x".repeat(20_000);
    let data = |number| format!(r#"{{"conversation":"{CONVERSATION}","text":"{number} {filler}"}}"#);
    let large: Vec<_> = (0..100).map(|number| Push::new(MESSAGES, "", &data(number))).collect();
    stage.deployment.redis.cli::<String>(&["CLIENT", "PAUSE", "5000", "ALL"]).await;
    let mut published = BTreeSet::new();
    // 80 MB, of which the interceptor may hold 2.
    for _ in 0..40 {
        published.extend(stage.emulator.publish_all(&large).await);
    }
    let refused = eventually("Redis is too slow", async || {
        Some(stage.deployment.interceptor.log()).filter(|log| log.contains("messages are not acknowledged"))
    });
    assert!(refused.await.contains("did not answer within"));
    assert_eq!(all_ids(&mut desktop, 4_000).await, published);
    let grown = stage.deployment.interceptor.peak_bytes().saturating_sub(before);
    assert!(grown < 32_000_000, "it grew by {grown} bytes");
}

#[tokio::test]
async fn a_subscription_that_is_made_later_is_pulled_from_then() {
    let Some(emulator) = emulator().await else { return };
    let deployment = Deployment::start(1).await;
    let (host, mut environment) = (emulator.host(), deployment.environment());
    let subscriptions = format!("{MESSAGES}-pulled={MESSAGES}");
    environment.extend([("PUBSUB_EMULATOR_HOST", host.as_str()), ("PUBSUB_SUBSCRIPTIONS", &subscriptions)]);
    let mut interceptor = Process::start("cloud-pubsub-interceptor", &environment).await;
    let told = "a subscription cannot be pulled from";
    eventually("the subscription is missed", async || interceptor.log().contains(told).then_some(())).await;
    emulator.offer(MESSAGES).await;
    let mut desktop = deployment.desktop(0, CONVERSATION).await;
    let id = emulator.publish(&messages(1)[0]).await;
    assert_eq!(ids(&desktop.events(1).await), BTreeSet::from([id]));
    interceptor.terminate();
    assert_eq!(interceptor.end().await.code(), Some(0));
    assert!(http().get(deployment.interceptor.url("/live")).timeout(PATIENCE).send().await.is_ok());
}
