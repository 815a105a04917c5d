//! Pushes of Google's own Pub/Sub emulator (<https://cloud.google.com/pubsub/docs/emulator>). Skipped where it is not installed.

use testkit::{Deployment, Emulator, KINDS, Process, Push, assert_payload, conversation, project, talk};

/// What the player publishes [`KINDS`] to: the topics of a deployment.
const TOPICS: [&str; 4] = [
    "aa-new-suggestion-topic",
    "aa-conversation-event-topic",
    "aa-new-message-topic",
    "aa-intermediate-transcript-topic",
];

#[tokio::test]
async fn what_the_player_publishes_arrives() {
    let Some(emulator) = Emulator::start().await else { return };
    let deployment = Deployment::start(1).await;
    for (topic, kind) in TOPICS.into_iter().zip(KINDS) {
        emulator.subscribe_to(topic, kind, &deployment.interceptor.url(&format!("/{kind}"))).await;
    }
    let mut desktop = deployment.desktop(0, &conversation("demo-chat")).await;
    let (host, project) = (emulator.host(), project());
    let environment = [("PUBSUB_EMULATOR_HOST", host.as_str()), ("GCP_PROJECT_ID", &project), ("PLAY_SPEED", "20")];
    let _player = Process::start("player", &environment).await;
    // Pub/Sub promises no order, so any of the script's events may be among the first.
    let said: Vec<_> = desktop.events(8).await.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|event| event.contains("charged twice") || event.contains("1881")), "{said:?}");
}

#[tokio::test]
async fn every_kind_of_event_is_pushed_and_delivered_once() {
    let Some(emulator) = Emulator::start().await else { return };
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    for mut push in Push::of_every_kind(&talk()) {
        emulator.subscribe(push.kind, &deployment.interceptor.url(&push.path())).await;
        push.id = emulator.publish(&push).await;
        // One after the other: Pub/Sub promises no order.
        assert_payload(&desktop.events(1).await[0], &talk(), &push, None);
    }
    assert!(desktop.last_events(0, &talk()).await.is_empty());
}
