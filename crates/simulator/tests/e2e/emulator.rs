//! The whole way through Google's own Pub/Sub emulator
//! (<https://cloud.google.com/pubsub/docs/emulator>). Skipped only where it is not installed.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event::EventKind;
use serde_json::{Value, json};

use crate::support::{
    ClientLibrary, Deployment, Desktop, PROJECT, Process, Push, Transports, announce, assert_payload, eventually,
    free_port, http,
};

const CONVERSATION: &str = "projects/acme-support/conversations/emulator";

const DESKTOPS: [(ClientLibrary, Transports); 4] = [
    (ClientLibrary::Js48, Transports::Upgrade),
    (ClientLibrary::Js40, Transports::Polling),
    (ClientLibrary::Js30, Transports::WebSocket),
    (ClientLibrary::Python, Transports::Upgrade),
];

/// A running emulator; killed when dropped.
struct Emulator {
    process: Child,
    port: u16,
}

impl Emulator {
    /// Starts the emulator, if it is installed.
    async fn start() -> Option<Self> {
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
    async fn subscribe(&self, kind: &str, endpoint: &str) {
        self.subscribe_to(&topic(kind), kind, endpoint).await;
    }

    async fn subscribe_to(&self, topic: &str, kind: &str, endpoint: &str) {
        let subscription = json!({"topic": topic, "pushConfig": {"pushEndpoint": endpoint}});
        self.put(topic, &json!({})).await;
        self.put(&format!("projects/{PROJECT}/subscriptions/{kind}"), &subscription).await;
    }

    async fn put(&self, resource: &str, body: &Value) {
        let url = self.url(&format!("v1/{resource}"));
        let answer = http().put(url).json(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{resource}: {:?}", answer.text().await);
    }

    /// Publishes a message; the answer is its id.
    async fn publish(&self, push: &Push) -> String {
        let message = json!({"data": BASE64_STANDARD.encode(&push.data), "attributes": push.attributes});
        let url = self.url(&format!("v1/{}:publish", topic(push.kind)));
        let answer = http().post(url).json(&json!({"messages": [message]})).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        answer["messageIds"][0].as_str().expect("an id").to_owned()
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

#[tokio::test]
async fn what_the_player_publishes_arrives() {
    let Some(emulator) = Emulator::start().await else {
        announce("SKIPPED: the player with the Pub/Sub emulator, which is not installed");
        return;
    };
    let deployment = Deployment::start(1).await;
    for kind in EventKind::ALL {
        let topic = format!("projects/{PROJECT}/topics/{}", simulator::publisher::topic(kind));
        let endpoint = deployment.interceptor.url(&format!("/{kind}"));
        emulator.subscribe_to(&topic, &kind.to_string(), &endpoint).await;
    }
    let mut desktop = deployment.desktop(0, "projects/acme-support/conversations/demo-chat").await;
    let host = format!("127.0.0.1:{}", emulator.port);
    let environment = [("PUBSUB_EMULATOR_HOST", host.as_str()), ("GCP_PROJECT_ID", PROJECT), ("PLAY_SPEED", "20")];
    let _player = Process::start("player", &environment).await;
    // Pub/Sub promises no order, so any of the script's events may be among the first.
    let said: Vec<_> = desktop.events(8).await.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|event| event.contains("charged twice") || event.contains("1881")), "{said:?}");
}

#[tokio::test]
async fn every_desktop_gets_what_is_published_to_pubsub_once() {
    let Some(emulator) = Emulator::start().await else {
        announce(
            "SKIPPED: the test with the Pub/Sub emulator; `gcloud components install pubsub-emulator` and Java bring it",
        );
        return;
    };
    let deployment = Deployment::start(2).await;
    let mut pushes = Push::of_every_kind(CONVERSATION);
    for push in &pushes {
        emulator.subscribe(push.kind, &deployment.interceptor.url(&push.path())).await;
    }
    let token = deployment.token().await;
    let mut desktops = DESKTOPS.map(|(library, _)| Desktop::new(library));
    for (number, (desktop, (_, transports))) in desktops.iter_mut().zip(DESKTOPS).enumerate() {
        desktop.connect(&deployment.connectors[number % 2].url(""), transports, &token).await;
        desktop.join(CONVERSATION).await;
    }
    // One after the other: Pub/Sub promises no order.
    for push in &mut pushes {
        push.id = emulator.publish(push).await;
        for desktop in &mut desktops {
            let events = desktop.events(1).await;
            assert_eq!(events.len(), 1);
            assert_payload(&events[0], CONVERSATION, push, None);
        }
    }
    for desktop in &mut desktops {
        assert!(desktop.last_events(0, CONVERSATION).await.is_empty());
    }
}
