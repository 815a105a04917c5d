//! Google's own Pub/Sub emulator (<https://cloud.google.com/pubsub/docs/emulator>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use simulator::emulator::EmulatorError;

use super::deployment::PROJECT;
use super::process::http;
use super::push::Push;

/// The most messages that one request publishes (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MOST_AT_ONCE: usize = 1_000;

/// A running emulator; killed when dropped.
pub(crate) struct Emulator(simulator::emulator::Emulator);

impl Emulator {
    /// Starts the emulator, if it is installed.
    pub(crate) async fn start() -> Option<Self> {
        match simulator::emulator::Emulator::start().await {
            Ok(emulator) => Some(Self(emulator)),
            Err(EmulatorError::NotInstalled) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// A topic for a kind of event, and a push subscription to the interceptor.
    pub(crate) async fn subscribe(&self, kind: &str, endpoint: &str) {
        self.subscribe_to(&topic(kind), kind, endpoint).await;
    }

    pub(crate) async fn subscribe_to(&self, topic: &str, kind: &str, endpoint: &str) {
        let subscription = json!({"topic": topic, "pushConfig": {"pushEndpoint": endpoint}});
        self.put(topic, &json!({})).await;
        self.put(&format!("projects/{PROJECT}/subscriptions/{kind}"), &subscription).await;
    }

    /// A topic for a kind of event, and a subscription without an endpoint, to pull from; returns its name.
    pub(crate) async fn offer(&self, kind: &str) -> String {
        let name = format!("projects/{PROJECT}/subscriptions/{kind}-pulled");
        self.put(&topic(kind), &json!({})).await;
        self.put(&name, &json!({"topic": topic(kind), "ackDeadlineSeconds": 10})).await;
        name
    }

    /// Where clients find it.
    pub(crate) fn host(&self) -> String {
        self.0.host()
    }

    async fn put(&self, resource: &str, body: &Value) {
        self.0.make(resource, body).await.expect("it is made");
    }

    /// Publishes a message; the answer is its id.
    pub(crate) async fn publish(&self, push: &Push) -> String {
        self.publish_all(std::slice::from_ref(push)).await.remove(0)
    }

    /// Publishes messages of one kind at once; the answers are their ids.
    pub(crate) async fn publish_all(&self, pushes: &[Push]) -> Vec<String> {
        let message = |push: &Push| json!({"data": BASE64_STANDARD.encode(&push.data), "attributes": push.attributes});
        let url = self.0.url(&format!("v1/{}:publish", topic(pushes[0].kind)));
        let mut published = Vec::new();
        for pushes in pushes.chunks(MOST_AT_ONCE) {
            let messages: Vec<_> = pushes.iter().map(message).collect();
            let answer = http().post(&url).json(&json!({"messages": messages})).send().await.expect("an answer");
            let answer: Value = answer.json().await.expect("JSON");
            let ids = answer["messageIds"].as_array().expect("ids");
            published.extend(ids.iter().map(|id| id.as_str().expect("an id").to_owned()));
        }
        published
    }
}

fn topic(kind: &str) -> String {
    format!("projects/{PROJECT}/topics/{kind}")
}
