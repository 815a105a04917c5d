//! Desktops that stop reading, and those that only seem to.

use crate::support::{Deployment, Desktop, Process, Push, WebSocketClient, assert_payloads, eventually};

const SHARED: &str = "projects/acme-support/conversations/shared";
const OWN: &str = "projects/acme-support/conversations/own";
const EVENTS: usize = 100;
const EVENT_BYTES: usize = 100_000;

/// A desktop that has joined two conversations, and reads nothing more.
async fn stalled(connector: &Process, token: &str) -> WebSocketClient {
    let mut client = WebSocketClient::connect(connector, token).await;
    client.join(SHARED).await;
    client.join(OWN).await;
    client
}

fn large_message(number: usize) -> Push {
    let text = "x".repeat(EVENT_BYTES);
    let data = format!("{{\"conversation\":\"{SHARED}\",\"text\":\"{text}\"}}");
    Push::new("new-message-event", &format!("70{number}"), &data)
}

/// Pushes 10 MB, each event as soon as the attentive desktop has got the one before.
async fn push_everything(deployment: &Deployment, attentive: &mut Desktop) {
    let pushes: Vec<_> = (0..EVENTS).map(large_message).collect();
    let mut got = Vec::new();
    for push in &pushes {
        deployment.push(push).await;
        got.append(&mut attentive.events(1).await);
    }
    assert_payloads(&got, SHARED, &pushes);
}

#[tokio::test]
async fn who_does_not_read_is_cut_and_nobody_else_notices() {
    let deployment = Deployment::start(1).await;
    let mut attentive = deployment.desktop(0, SHARED).await;
    let _stalled = stalled(&deployment.connectors[0], &deployment.token().await).await;
    assert!(deployment.mapping(OWN).await.is_some());

    push_everything(&deployment, &mut attentive).await;
    eventually("the stalled desktop has left its conversation", async || {
        deployment.mapping(OWN).await.is_none().then_some(())
    })
    .await;
    assert!(deployment.mapping(SHARED).await.is_some());
    assert!(attentive.last_events(0, SHARED).await.is_empty());
}

#[tokio::test]
async fn who_does_not_read_holds_up_no_shutdown() {
    let mut deployment = Deployment::start(1).await;
    let mut attentive = deployment.desktop(0, SHARED).await;
    let token = deployment.token().await;
    // One is cut, and one has just begun to wait for the client to read.
    let _cut = stalled(&deployment.connectors[0], &token).await;
    push_everything(&deployment, &mut attentive).await;
    let _waiting = stalled(&deployment.connectors[0], &token).await;
    for number in 0..8 {
        deployment.push(&large_message(EVENTS + number)).await;
    }
    attentive.events(8).await;

    deployment.stops_in_time(0).await;
    assert_eq!(attentive.until("disconnect").await["reason"], "transport close");
    assert_eq!(deployment.mapping(SHARED).await, None);
    assert_eq!(deployment.mapping(OWN).await, None);
}

#[tokio::test]
async fn a_burst_after_a_pause_cuts_nobody() {
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, SHARED).await;
    let pushes: Vec<_> = (0..400).map(|number| Push::message(SHARED, number)).collect();
    deployment.connectors[0].freeze();
    for push in &pushes {
        deployment.push(push).await;
    }
    deployment.connectors[0].thaw();
    assert_payloads(&desktop.last_events(pushes.len(), SHARED).await, SHARED, &pushes);
}

#[tokio::test]
async fn an_event_after_a_large_one_cuts_nobody() {
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, SHARED).await;
    let data = format!("{{\"conversation\":\"{SHARED}\",\"text\":\"{}\"}}", "x".repeat(5_000_000));
    let pushes = [Push::new("new-message-event", "1", &data), Push::message(SHARED, 2)];
    deployment.connectors[0].freeze();
    for push in &pushes {
        deployment.push(push).await;
    }
    deployment.connectors[0].thaw();
    assert_payloads(&desktop.last_events(pushes.len(), SHARED).await, SHARED, &pushes);
}
