//! The Dialogflow of the demo, asked through the connector's proxy.

use serde_json::{Value, json};
use testkit::{ClientLibrary, Desktop, Process, Transports, http, registered};

const LOCATION: &str = "projects/demo-project/locations/global";
const PROFILE: &str = "projects/demo-project/locations/global/conversationProfiles/p";

/// A demo without conversations that are played, and the token of a desktop.
struct Demo {
    process: Process,
    token: String,
}

impl Demo {
    async fn start() -> Self {
        let process = Process::start("demo", &[("INTERCEPTOR_PORT", "0"), ("PLAY_CONVERSATION", "false")]).await;
        let token = registered(&process).await;
        Self { process, token }
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
        let request =
            http().request(method, self.process.url(&format!("/v2/{path}"))).header("authorization", &self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(reqwest::Method::POST, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(reqwest::Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn desktop(&self, conversation: &str) -> Desktop {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        desktop.connect(&self.process.url(""), Transports::WebSocket, &self.token).await;
        desktop.join(conversation).await;
        desktop
    }
}

#[tokio::test]
async fn messages_are_published_with_suggestions_and_can_be_imported() {
    let demo = Demo::start().await;
    let name = format!("{LOCATION}/conversations/call-1");
    let mut desktop = demo.desktop(&name).await;
    let created = demo
        .post(&format!("{LOCATION}/conversations?conversationId=call-1"), json!({"conversationProfile": PROFILE}))
        .await;
    assert_eq!((&created["name"], &created["lifecycleState"]), (&json!(name), &json!("IN_PROGRESS")));
    let customer = demo.post(&format!("{name}/participants"), json!({"role": "END_USER"})).await;
    let customer = customer["name"].as_str().expect("a name");
    let input = json!({"text_input": {"text": "My parcel is late and nobody answers", "language_code": "en-GB"}});
    let said = demo.post(&format!("{customer}:analyzeContent"), input).await;
    assert_eq!(said["humanAgentSuggestionResults"].as_array().map(Vec::len), Some(5));
    assert!(
        said["message"]["sentimentAnalysis"]["queryTextSentiment"]["score"].as_f64().is_some_and(|score| score < 0.0)
    );

    let events = desktop.events(7).await;
    let kinds: Vec<_> = events.iter().map(|event| event["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds[..2], ["conversation-lifecycle-event", "new-message-event"]);
    assert!(kinds[2..].iter().all(|kind| *kind == "human-agent-assistant-event"), "{kinds:?}");

    let elsewhere = json!({"requests": [{"message": {"content": "Before", "participantRole": "END_USER"}}]});
    let imported =
        demo.call(reqwest::Method::POST, &format!("../v2beta1/{name}/messages:batchCreate"), elsewhere).await;
    assert_eq!((imported.0, &imported.1["messages"][0]["content"]), (200, &json!("Before")));
    let messages = demo.get(&format!("{name}/messages?pageSize=10")).await;
    assert_eq!(messages["messages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn errors_look_like_those_of_google() {
    let demo = Demo::start().await;
    let conversations = format!("{LOCATION}/conversations");
    let post = async |path: String, body: Value| demo.call(reqwest::Method::POST, &path, body).await;
    let profile = json!({"conversation_profile": PROFILE});
    assert_eq!(post(format!("{conversations}?conversationId=call-2"), profile.clone()).await.0, 200);
    for (path, body, status, said) in [
        (format!("{conversations}?conversationId=call-2"), profile.clone(), 409, "ALREADY_EXISTS"),
        (format!("{conversations}?conversationId=2"), profile, 400, "INVALID_ARGUMENT"),
        (conversations.clone(), json!({}), 400, "INVALID_ARGUMENT"),
        (format!("{conversations}/other:complete"), json!({}), 404, "NOT_FOUND"),
        (
            format!("{conversations}/call-2/participants/unknown:analyzeContent"),
            json!({"textInput": {"text": "x"}}),
            404,
            "NOT_FOUND",
        ),
    ] {
        let (code, answer) = post(path.clone(), body).await;
        assert_eq!((code, &answer["error"]["status"]), (status, &json!(said)), "{path}");
    }
}
