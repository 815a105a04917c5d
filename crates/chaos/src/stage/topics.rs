//! Google's Pub/Sub emulator, to pull from.

use event::EventKind;
use serde_json::json;
use simulator::publisher::{self, topic};

use crate::plan::PROJECT;
use testkit::Emulator;

/// A topic for each kind of event, with a subscription that has no endpoint.
pub(crate) struct Topics {
    emulator: Emulator,
}

impl Topics {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start().await.expect("the emulator");
        for kind in EventKind::ALL {
            let name = format!("projects/{PROJECT}/topics/{}", topic(kind));
            emulator.make(&name, &json!({})).await;
            let body = json!({"topic": name, "ackDeadlineSeconds": 10});
            emulator.make(&subscription(kind), &body).await;
        }
        Self { emulator }
    }

    /// What processes are told. Nobody can push.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let subscriptions = EventKind::ALL.map(|kind| format!("{}={kind}", subscription(kind)));
        vec![
            ("PUBSUB_EMULATOR_HOST", self.emulator.host()),
            ("PUBSUB_SUBSCRIPTIONS", subscriptions.join(",")),
            ("PUSH_ENDPOINTS", "false".to_owned()),
        ]
    }

    /// Where to publish.
    pub(crate) fn publisher(&self) -> publisher::Topics {
        publisher::Topics::new(&self.emulator.host(), PROJECT).expect("an HTTP client")
    }
}

fn subscription(kind: EventKind) -> String {
    format!("projects/{PROJECT}/subscriptions/{kind}")
}
