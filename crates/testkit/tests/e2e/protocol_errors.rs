//! Clients that break the protocol harm only themselves. The responses to them are tested with the protocol, in
//! `crates/socketio/tests`.

use serde_json::json;
use testkit::socketio::{Client, PollingClient};
use testkit::{Deployment, Push, conversation, in_time};

#[tokio::test]
async fn clients_that_break_the_protocol_harm_no_desktop() {
    let deployment = Deployment::start(1).await;
    let (connector, talk) = (&deployment.connectors[0], conversation("protocol-errors"));
    let mut desktop = deployment.desktop(0, &talk).await;
    let auth = json!({"token": deployment.token().await});

    let too_large = format!("42[\"a\",\"{}\"]", "x".repeat(1_000_000));
    for text in ["", "x", "2probe", "47", "42{}", "42[\"connect\"]", "451-[\"a\"]42[]", &too_large] {
        let mut client = Client::connect(connector.address(), &auth).await.expect("a connection");
        client.send(text).await;
        assert_eq!(client.packet().await, None, "still open after {text:.20}");
    }
    let mut client = Client::connect(connector.address(), &auth).await.expect("a connection");
    client.socket.send_raw(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await;
    assert_eq!(client.packet().await, None);

    for body in ["", "42[", "\u{1e}", &"3\u{1e}".repeat(100_000)] {
        let (client, _) = PollingClient::connect(connector.address(), &auth.to_string()).await;
        client.post(body.to_owned()).await;
        in_time("the session ends", async { while client.poll().await.0 != 400 {} }).await;
    }
    assert_eq!(connector.get("/socket.io/?EIO=3&transport=polling").await.0, 400);

    assert_eq!(connector.get("/status").await, (200, "Hello, cross-origin-world!".to_owned()));
    deployment.delivers(&mut desktop, &talk, &[Push::message(&talk, 1)]).await;
}
