//! Google's own Pub/Sub emulator (<https://cloud.google.com/pubsub/docs/emulator>), which all tests of a run share.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::http::http;
use crate::names::project;
use crate::process::free_port;
use crate::push::Push;
use crate::run::{self, Started};
use crate::tools::{missing, program};
use crate::wait::eventually;

/// The most messages that one request publishes (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MOST_AT_ONCE: usize = 1_000;

#[derive(Debug, Clone)]
pub struct Emulator {
    host: String,
}

impl Emulator {
    /// The emulator, started if it does not run yet. Nothing if it is not installed: the test is to end.
    pub async fn start() -> Option<Self> {
        const REMEDY: &str = "Install Java, and the emulator by `gcloud components install pubsub-emulator`.";
        let gcloud = program(&["gcloud"], REMEDY)?.canonicalize().expect("the path of gcloud");
        program(&["java"], REMEDY)?;
        // The gcloud command itself would ask to install and to log in.
        let emulator = gcloud.ancestors().nth(2)?.join("platform/pubsub-emulator/bin/cloud-pubsub-emulator");
        if !emulator.is_file() {
            missing("the Pub/Sub emulator", REMEDY);
            return None;
        }
        let host = run::once("pubsub", async |_| launch(emulator).await).await.remove(0);
        Some(Self { host })
    }

    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// A topic and a push subscription to an interceptor's endpoint, both named after the kind of event.
    pub async fn subscribe(&self, kind: &str, endpoint: &str) {
        self.subscribe_to(kind, kind, endpoint).await;
    }

    /// A topic of another name, and a push subscription.
    pub async fn subscribe_to(&self, topic: &str, kind: &str, endpoint: &str) {
        self.make(&resource("topics", topic), &json!({})).await;
        let subscription = json!({"topic": resource("topics", topic), "pushConfig": {"pushEndpoint": endpoint}});
        self.make(&resource("subscriptions", kind), &subscription).await;
    }

    /// A topic for a kind of event, and a subscription without an endpoint, to pull from; returns its name.
    pub async fn offer(&self, kind: &str) -> String {
        let name = resource("subscriptions", &format!("{kind}-pulled"));
        self.make(&resource("topics", kind), &json!({})).await;
        self.make(&name, &json!({"topic": resource("topics", kind), "ackDeadlineSeconds": 10})).await;
        name
    }

    /// Makes a topic or a subscription, unless it is there.
    pub async fn make(&self, resource: &str, body: &Value) {
        let answer = http().put(format!("http://{}/v1/{resource}", self.host)).json(body).send().await;
        let status = answer.expect("an answer").status().as_u16();
        assert!(matches!(status, 200 | 409), "{status} for {resource}");
    }

    /// Publishes a message; returns its id.
    pub async fn publish(&self, push: &Push) -> String {
        self.publish_all(std::slice::from_ref(push)).await.remove(0)
    }

    /// Publishes messages of one kind at once; returns their ids.
    pub async fn publish_all(&self, pushes: &[Push]) -> Vec<String> {
        let message = |push: &Push| json!({"data": BASE64_STANDARD.encode(&push.data), "attributes": push.attributes});
        let url = format!("http://{}/v1/{}:publish", self.host, resource("topics", pushes[0].kind));
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

fn resource(collection: &str, name: &str) -> String {
    format!("projects/{}/{collection}/{name}", project())
}

async fn launch(program: PathBuf) -> Started {
    loop {
        let host = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(&program);
        let (address, port) = host.split_once(':').expect("a port");
        command.arg(format!("--host={address}")).arg(format!("--port={port}")).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the emulator starts");
        let answers = eventually("the emulator answers", async || {
            // If it has ended, another program took the port.
            let has_ended = process.try_wait().expect("the state of the emulator").is_some();
            let answers = http().get(format!("http://{host}")).send().await.is_ok();
            (has_ended || answers).then_some(!has_ended)
        });
        if answers.await {
            return Started { processes: vec![process.id()], addresses: vec![host] };
        }
    }
}
