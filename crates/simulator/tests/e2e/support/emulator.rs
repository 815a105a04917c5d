//! Google's own Pub/Sub emulator (<https://cloud.google.com/pubsub/docs/emulator>).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::deployment::PROJECT;
use super::ports::free_port;
use super::process::http;
use super::push::Push;
use super::wait::eventually;

/// The most messages that one request publishes (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MOST_AT_ONCE: usize = 1_000;

/// A running emulator; killed when dropped.
pub(crate) struct Emulator {
    process: Child,
    port: u16,
}

impl Emulator {
    /// Starts the emulator, if it is installed.
    pub(crate) async fn start() -> Option<Self> {
        let program = program()?;
        loop {
            let port = free_port();
            let mut command = Command::new(&program);
            command.arg("--host=127.0.0.1").arg(format!("--port={port}"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut emulator = Self { process: command.spawn().expect("the emulator starts"), port };
            if eventually("the emulator answers", async || emulator.answers().await).await {
                return Some(emulator);
            }
        }
    }

    /// Nothing yet, or whether it runs; false if it has ended because someone took the port.
    async fn answers(&mut self) -> Option<bool> {
        if self.process.try_wait().expect("the state of the emulator").is_some() {
            return Some(false);
        }
        http().get(self.url("")).send().await.ok().map(|_| true)
    }

    fn url(&self, resource: &str) -> String {
        format!("http://127.0.0.1:{}/{resource}", self.port)
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
        format!("127.0.0.1:{}", self.port)
    }

    async fn put(&self, resource: &str, body: &Value) {
        let url = self.url(&format!("v1/{resource}"));
        let answer = http().put(url).json(body).send().await.expect("an answer");
        let is_there = [200, 409].contains(&answer.status().as_u16());
        assert!(is_there, "{resource}: {:?}", answer.text().await);
    }

    /// Publishes a message; the answer is its id.
    pub(crate) async fn publish(&self, push: &Push) -> String {
        self.publish_all(std::slice::from_ref(push)).await.remove(0)
    }

    /// Publishes messages of one kind at once; the answers are their ids.
    pub(crate) async fn publish_all(&self, pushes: &[Push]) -> Vec<String> {
        let message = |push: &Push| json!({"data": BASE64_STANDARD.encode(&push.data), "attributes": push.attributes});
        let url = self.url(&format!("v1/{}:publish", topic(pushes[0].kind)));
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

impl Drop for Emulator {
    fn drop(&mut self) {
        // It fails if the emulator has ended by itself.
        let _ = self.process.kill();
        self.process.wait().expect("the exit status");
    }
}

fn topic(kind: &str) -> String {
    format!("projects/{PROJECT}/topics/{kind}")
}

/// The emulator beside the gcloud command: that command itself would ask to install and to log in.
fn program() -> Option<PathBuf> {
    let gcloud = Command::new("sh").args(["-c", "readlink -f \"$(command -v gcloud)\""]).output().ok()?;
    let gcloud = PathBuf::from(String::from_utf8(gcloud.stdout).ok()?.trim());
    let program = gcloud.ancestors().nth(2)?.join("platform/pubsub-emulator/bin/cloud-pubsub-emulator");
    let runs = || Command::new("java").arg("-version").output().is_ok_and(|java| java.status.success());
    (program.is_file() && runs()).then_some(program)
}
