//! Desktops that stop reading, and those that only seem to.

use serde_json::json;
use testkit::socketio::{Client, Options};
use testkit::{Deployment, Desktop, Process, Push, assert_payloads, conversation, talk, until};

/// Bytes that the kernel keeps for a client that does not read; the least that makes no difference otherwise.
const RECEIVE_BUFFER: u32 = 16 * 1024;
const EVENTS: usize = 100;
const EVENT_BYTES: usize = 100_000;

/// The conversation of the stalled desktop alone.
fn own() -> String {
    conversation("own")
}

/// A desktop that has joined two conversations, and reads nothing more.
async fn stalled(connector: &Process, token: &str) -> Client {
    let options = Options { receive_buffer: Some(RECEIVE_BUFFER), ..Options::default() };
    let client = Client::connect_with(connector.address(), &json!({"token": token}), options).await;
    let mut client = client.expect("a connection");
    client.join(talk()).await;
    client.join(own()).await;
    client
}

fn large_message(number: usize) -> Push {
    let text = "x".repeat(EVENT_BYTES);
    let data = format!("{{\"conversation\":\"{}\",\"text\":\"{text}\"}}", talk());
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
    assert_payloads(&got, &talk(), &pushes);
}

#[tokio::test]
async fn a_desktop_that_does_not_read_is_disconnected() {
    let deployment = Deployment::start(1).await;
    let mut attentive = deployment.desktop(0, &talk()).await;
    let _stalled = stalled(&deployment.connectors[0], &deployment.token().await).await;
    assert!(deployment.mapping(&own()).await.is_some());

    push_everything(&deployment, &mut attentive).await;
    until("the stalled desktop has left its conversation", async || deployment.mapping(&own()).await.is_none()).await;
    assert!(deployment.mapping(&talk()).await.is_some());
    assert!(attentive.last_events(0, &talk()).await.is_empty());
}

#[tokio::test]
async fn a_desktop_that_does_not_read_does_not_delay_a_shutdown() {
    let mut deployment = Deployment::start(1).await;
    let mut attentive = deployment.desktop(0, &talk()).await;
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
    assert_eq!(deployment.mapping(&talk()).await, None);
    assert_eq!(deployment.mapping(&own()).await, None);
}

#[tokio::test]
async fn a_burst_after_a_standstill_disconnects_no_desktop() {
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    let many: Vec<_> = (0..400).map(|number| Push::message(&talk(), number)).collect();
    let large = format!("{{\"conversation\":\"{}\",\"text\":\"{}\"}}", talk(), "x".repeat(5_000_000));
    let one_after_a_large_one = vec![Push::new("new-message-event", "1", &large), Push::message(&talk(), 400)];
    for pushes in [many, one_after_a_large_one] {
        deployment.connectors[0].freeze();
        for push in &pushes {
            deployment.push(push).await;
        }
        deployment.connectors[0].thaw();
        assert_payloads(&desktop.events(pushes.len()).await, &talk(), &pushes);
    }
    assert!(desktop.last_events(0, &talk()).await.is_empty());
}
