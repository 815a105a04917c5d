//! The whole way through Google's own Pub/Sub emulator
//! (<https://cloud.google.com/pubsub/docs/emulator>). Skipped only where it is not installed.

use testkit::{
    ClientLibrary, Deployment, Desktop, Emulator, KINDS, Process, Push, Transports, assert_payload, conversation,
    project, talk,
};

/// What the player publishes [`KINDS`] to: the topics of a deployment.
const TOPICS: [&str; 4] = [
    "aa-new-suggestion-topic",
    "aa-conversation-event-topic",
    "aa-new-message-topic",
    "aa-intermediate-transcript-topic",
];

const DESKTOPS: [(ClientLibrary, Transports); 4] = [
    (ClientLibrary::Js48, Transports::Upgrade),
    (ClientLibrary::Js40, Transports::Polling),
    (ClientLibrary::Js30, Transports::WebSocket),
    (ClientLibrary::Python, Transports::Upgrade),
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
async fn every_desktop_gets_what_is_published_to_pubsub_once() {
    let Some(emulator) = Emulator::start().await else { return };
    let deployment = Deployment::start(2).await;
    let mut pushes = Push::of_every_kind(&talk());
    for push in &pushes {
        emulator.subscribe(push.kind, &deployment.interceptor.url(&push.path())).await;
    }
    let token = deployment.token().await;
    let mut desktops = DESKTOPS.map(|(library, _)| Desktop::new(library));
    for (number, (desktop, (_, transports))) in desktops.iter_mut().zip(DESKTOPS).enumerate() {
        desktop.connect(&deployment.connectors[number % 2].url(""), transports, &token).await;
        desktop.join(&talk()).await;
    }
    // One after the other: Pub/Sub promises no order.
    for push in &mut pushes {
        push.id = emulator.publish(push).await;
        for desktop in &mut desktops {
            let events = desktop.events(1).await;
            assert_eq!(events.len(), 1);
            assert_payload(&events[0], &talk(), push, None);
        }
    }
    for desktop in &mut desktops {
        assert!(desktop.last_events(0, &talk()).await.is_empty());
    }
}
