//! The Dialogflow of the demo, called through the connector's proxy.

use serde_json::{Value, json};
use testkit::{ClientLibrary, Desktop, Process, Transports, http, registered, response};

const LOCATION: &str = "projects/demo-project/locations/global";

#[tokio::test]
async fn messages_are_published_and_errors_look_like_those_of_google() {
    let demo = Process::start("demo", &[("INTERCEPTOR_PORT", "0"), ("PLAY_CONVERSATION", "false")]).await;
    let token = registered(&demo).await;
    let post = async |path: &str, body: Value| {
        let request = http().post(demo.url(&format!("/v2/{path}"))).header("authorization", &token).json(&body);
        let (status, text) = response(request).await;
        (status, serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    let (conversations, name) = (format!("{LOCATION}/conversations"), format!("{LOCATION}/conversations/call-1"));
    let mut desktop = Desktop::new(ClientLibrary::Js48);
    desktop.connect(&demo.url(""), Transports::WebSocket, &token).await;
    desktop.join(&name).await;

    // Both spellings of members are read.
    let profile = json!({"conversation_profile": format!("{LOCATION}/conversationProfiles/p")});
    let create = format!("{conversations}?conversationId=call-1");
    let (status, created) = post(&create, profile.clone()).await;
    assert_eq!((status, &created["name"], &created["lifecycleState"]), (200, &json!(name), &json!("IN_PROGRESS")));
    let (_, customer) = post(&format!("{name}/participants"), json!({"role": "END_USER"})).await;
    let analyze = format!("{}:analyzeContent", customer["name"].as_str().expect("a name"));
    let (_, said) = post(&analyze, json!({"textInput": {"text": "My parcel is late, as always"}})).await;
    assert_eq!(said["humanAgentSuggestionResults"].as_array().map(Vec::len), Some(5), "{said}");
    let events = desktop.events(7).await;
    let kinds: Vec<_> = events.iter().map(|event| event["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds[..2], ["conversation-lifecycle-event", "new-message-event"]);
    assert!(kinds[2..].iter().all(|kind| *kind == "human-agent-assistant-event"), "{kinds:?}");

    for (path, body, status, said) in [
        (create, profile.clone(), 409, "ALREADY_EXISTS"),
        (format!("{conversations}?conversationId=2"), profile, 400, "INVALID_ARGUMENT"),
        (conversations.clone(), json!({}), 400, "INVALID_ARGUMENT"),
        (format!("{conversations}/other:complete"), json!({}), 404, "NOT_FOUND"),
        (format!("{name}/participants/unknown:analyzeContent"), json!({"textInput": {"text": "x"}}), 404, "NOT_FOUND"),
    ] {
        let (code, answer) = post(&path, body).await;
        assert_eq!((code, &answer["error"]["status"]), (status, &json!(said)), "{path}");
    }
}
