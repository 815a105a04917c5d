//! Streams of companion suggestions, with Dialogflow's `WebChannel` simulated by a local HTTP server.

mod channel;

use std::time::Duration;

use connector::Settings;
use connector::dialogflow::settings::DialogflowSettings;
use serde_json::{Value, json};

use channel::{Channel, Mood};

use crate::support::{Connector, Log, PROJECT, settings};
use testkit::socketio::Client;
use testkit::until;

async fn connector(channel: &Channel) -> Connector {
    let endpoint = Some(channel.base());
    let dialogflow = DialogflowSettings { endpoint, ..DialogflowSettings::default() };
    Connector::start_with(&Log::new(), Settings { dialogflow, ..settings() }).await
}

fn participant() -> String {
    format!("projects/{PROJECT}/locations/europe-west3/conversations/c/participants/p")
}

fn request(stream: &str) -> Value {
    let payload = json!({"participant": participant(), "text_input": stream});
    json!([{"streamId": stream, "method": "streaming_reactive_companion_suggestions", "payload": payload}])
}

/// The next event, by name and argument.
async fn next(desktop: &mut Client) -> (String, Value) {
    let event = desktop.next().await;
    (event.name, event.args[0].clone())
}

#[tokio::test]
async fn payloads_go_both_ways() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    desktop.tell("stream-request", &request("s")).await;
    channel.until_sent(1).await;
    channel.say(&json!([[1, [{"reply_text": [{"tool_calls": 1}]}]]]));
    let (event, data) = next(&mut desktop).await;
    assert_eq!(
        (event.as_str(), data),
        ("stream-data", json!({"streamId": "s", "payload": {"replyText": [{"toolCalls": 1}]}}))
    );
    desktop.tell("stream-request", &json!([{"streamId": "s", "payload": {"more": "ä😀&="}}])).await;
    channel.until_sent(2).await;
    assert_eq!(channel.sent(), [request("s")[0]["payload"].clone(), json!({"more": "ä😀&="})]);
    desktop.tell("end-stream", &json!([{"streamId": "s"}])).await;
    channel.until_terminated(1).await;
}

#[tokio::test]
async fn the_protocol_is_spoken_as_dialogflow_expects_it() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    desktop.tell("stream-request", &request("s")).await;
    channel.until_sent(1).await;
    let asked = channel.asked();
    let path = "/google.cloud.dialogflow.v2beta1.Participants/StreamingReactiveCompanionSuggestions/channel";
    assert!(asked.iter().all(|asked| asked.path == path && asked.authorization == "Bearer google-token"), "{asked:?}");
    let init = &asked[0];
    assert_eq!((init.method.as_str(), init.body.as_str()), ("POST", "count=0"));
    assert_eq!(init.content_type, "application/x-www-form-urlencoded");
    assert_eq!(init.webchannel_content_type, "application/json");
    for (name, value) in [("VER", "8"), ("MODE", "init"), ("X-HTTP-Session-Id", "gsessionid")] {
        assert_eq!(init.query(name), Some(value));
    }
    let rid: u64 = init.query("RID").unwrap().parse().unwrap();
    let post = asked.iter().find(|asked| asked.body.contains("req0___data__")).unwrap();
    let next_rid = (rid + 1).to_string();
    for (name, value) in [("RID", next_rid.as_str()), ("SID", "SID-1"), ("gsessionid", "gs-1"), ("AID", "0")] {
        assert_eq!(post.query(name), Some(value), "{name}");
    }
    assert!(post.body.starts_with("count=1&ofs=0&req0___data__="), "{}", post.body);
    let back = asked.iter().find(|asked| asked.method == "GET").unwrap();
    for (name, value) in [("RID", "rpc"), ("SID", "SID-1"), ("CI", "0"), ("TYPE", "xmlhttp")] {
        assert_eq!(back.query(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_stream_reaches_only_its_own_socket() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let (mut one, mut other) = (connector.desktop().await, connector.desktop().await);
    one.tell("stream-request", &request("s")).await;
    channel.until_sent(1).await;
    other.tell("stream-request", &json!([{"streamId": "s", "payload": {"stolen": true}}])).await;
    let (event, error) = next(&mut other).await;
    assert_eq!(
        (event.as_str(), &error["payload"]["error"]),
        ("stream-error", &json!({"message": "The method is missing.", "code": 13}))
    );
    other.tell("end-stream", &json!([{"streamId": "s"}])).await;
    one.tell("stream-request", &json!([{"streamId": "s", "payload": {"still": "mine"}}])).await;
    channel.until_sent(2).await;
    assert_eq!(channel.sent()[1], json!({"still": "mine"}));
}

#[tokio::test]
async fn rejects_streams_that_are_not_allowed() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    let method = "streaming_reactive_companion_suggestions";
    for (request, message) in [
        (json!({"streamId": "s"}), "The method is missing."),
        (json!({"streamId": "s", "method": "other"}), "The method is unknown."),
        (json!({"streamId": "s", "method": method}), "The participant names no location."),
        (
            json!({"streamId": "s", "method": method, "payload": {"participant": "projects/acme/locations/e.example#/conversations/c/participants/p"}}),
            "The participant names no location.",
        ),
        (
            json!({"streamId": "s", "method": method, "payload": {"participant": "projects/victim/locations/us/conversations/c/participants/p"}}),
            "The participant belongs to another project.",
        ),
    ] {
        desktop.tell("stream-request", &json!([request])).await;
        let (event, error) = next(&mut desktop).await;
        assert_eq!((event.as_str(), &error["payload"]["error"]["message"]), ("stream-error", &json!(message)));
    }
    for garbage in [
        json!([]),
        json!([5]),
        json!([{}]),
        json!([{"streamId": 5}]),
        json!([{"streamId": ""}]),
        json!([{"streamId": "x".repeat(300)}]),
    ] {
        desktop.tell("stream-request", &garbage).await;
        desktop.tell("end-stream", &garbage).await;
    }
    desktop.join(&crate::support::name("a")).await;
    assert!(channel.asked().is_empty());
}

#[tokio::test]
async fn a_failing_dialogflow_ends_the_stream_without_details() {
    for mood in [Mood::Refusing, Mood::Garbage, Mood::Breaking, Mood::Endless] {
        let channel = Channel::start(mood).await;
        let connector = connector(&channel).await;
        let mut desktop = connector.desktop().await;
        desktop.tell("stream-request", &request("s")).await;
        let (event, error) = next(&mut desktop).await;
        let expected = json!({"message": "The stream to Dialogflow failed.", "code": 13});
        assert_eq!((event.as_str(), &error["payload"]["error"]), ("stream-error", &expected), "{mood:?}");
        desktop.join(&crate::support::name("a")).await;
    }
}

#[tokio::test]
async fn passes_errors_of_dialogflow_in_its_words() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    desktop.tell("stream-request", &request("s")).await;
    channel.until_sent(1).await;
    channel.say(&json!([[1, [{"error": {"code": 5, "message": "participant not found"}}]]]));
    let (event, error) = next(&mut desktop).await;
    let expected = json!({"streamId": "s", "payload": {"error": {"message": "participant not found", "code": 13}}});
    assert_eq!((event.as_str(), error), ("stream-error", expected));
    desktop.tell("stream-request", &request("s")).await;
    channel.until_sent(2).await;
}

#[tokio::test]
async fn reopens_the_back_channel_after_the_last_message() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    desktop.tell("stream-request", &request("s")).await;
    channel.until_sent(1).await;
    channel.say(&json!([[7, [{"a": 1}]]]));
    assert_eq!(next(&mut desktop).await.1["payload"], json!({"a": 1}));
    channel.end_back_channel();
    until("a new back channel", async || channel.asked().iter().filter(|asked| asked.method == "GET").count() == 2)
        .await;
    assert_eq!(channel.asked().last().unwrap().query("AID"), Some("7"));
    channel.say(&json!([[8, [{"a": 2}]]]));
    assert_eq!(next(&mut desktop).await.1["payload"], json!({"a": 2}));
}

#[tokio::test]
async fn streams_end_with_their_desktop() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    for stream in ["a", "b"] {
        desktop.tell("stream-request", &request(stream)).await;
    }
    channel.until_sent(2).await;
    drop(desktop);
    channel.until_terminated(2).await;
}

#[tokio::test]
async fn a_socket_has_few_streams() {
    let channel = Channel::start(Mood::Kind).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    for stream in ["a", "b", "c", "d", "e"] {
        desktop.tell("stream-request", &request(stream)).await;
    }
    let (event, error) = next(&mut desktop).await;
    assert_eq!((event.as_str(), &error["streamId"]), ("stream-error", &json!("e")));
    assert_eq!(error["payload"]["error"]["message"], "Too many streams.");
}

#[tokio::test]
async fn a_slow_dialogflow_holds_up_neither_joins_nor_memory() {
    let channel = Channel::start(Mood::Silent).await;
    let connector = connector(&channel).await;
    let mut desktop = connector.desktop().await;
    desktop.tell("stream-request", &request("s")).await;
    let talk = crate::support::name("a");
    tokio::time::timeout(Duration::from_secs(5), desktop.join(&talk)).await.unwrap();
    for _ in 0..40 {
        desktop.tell("stream-request", &json!([{"streamId": "s", "payload": {"x": 1}}])).await;
    }
    let (event, error) = next(&mut desktop).await;
    assert_eq!(
        (event.as_str(), &error["payload"]["error"]["message"]),
        ("stream-error", &json!("Too much is being sent on the stream."))
    );
}
