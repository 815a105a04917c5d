//! Events of Dialogflow, as Cloud Pub/Sub pushes them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::names::project;

/// The kinds of events, which are also the paths that they are pushed to.
pub const KINDS: [&str; 4] = [
    "human-agent-assistant-event",
    "conversation-lifecycle-event",
    "new-message-event",
    "new-recognition-result-notification-event",
];

const PUBLISH_TIME: &str = "2026-05-14T09:21:07.6Z";

/// One event and the push request that brings it.
#[derive(Debug, Clone)]
pub struct Push {
    /// One of [`KINDS`].
    pub kind: &'static str,
    pub id: String,
    /// The message's data, before base64.
    pub data: String,
    pub attributes: Map<String, Value>,
}

impl Push {
    /// A message of a conversation, which names the `number` in its text and in its id.
    pub fn message(conversation: &str, number: usize) -> Self {
        let data = json!({"conversation": conversation, "type": "NEW_MESSAGE", "text": format!("message {number}")});
        Self::new("new-message-event", &format!("90{number}"), &data.to_string())
    }

    /// An event without attributes.
    pub fn new(kind: &'static str, id: &str, data: &str) -> Self {
        Self { kind, id: id.to_owned(), data: data.to_owned(), attributes: Map::new() }
    }

    /// An event of every kind, with attributes where the kind has some. Their data is not as any
    /// serialiser would write it.
    pub fn of_every_kind(conversation: &str) -> Vec<Self> {
        let (project, id) = conversation.split_once("/conversations/").expect("a conversation name");
        let long = format!("{project}/locations/europe-west2/conversations/{id}");
        let odd = format!(
            "{{ \"conversation\" :\t\"{long}\",\r\n \"type\": \"NEW_MESSAGE\", \"n\": 1.50e+02, \"n\": -0.0, \
             \"text\": \"caf\\u00e9 / café / \\/ \\ud83d\\ude00 😀 \u{2028} \\u0000 <\\/script> \\\"\\\\ \u{fe0f}\" }}\n"
        );
        let mut recognition = Self::new(
            "new-recognition-result-notification-event",
            "804",
            &format!("{{\"conversation\":\"{conversation}\",\"type\":\"NEW_RECOGNITION_RESULT\"}}"),
        );
        let attributes = [("participant_role", "END_USER"), ("message_id", "msg-7"), ("participant_id", "p-1")];
        recognition.attributes.extend(attributes.map(|(name, value)| (name.to_owned(), value.into())));
        vec![
            Self::new("new-message-event", "801", &odd),
            Self::new(
                "human-agent-assistant-event",
                "802",
                &format!(
                    "\n{{\"suggestionResults\": [{{}}, null], \"conversation\":\"{}\"}}",
                    conversation.replace('/', "\\/")
                ),
            ),
            Self::new(
                "conversation-lifecycle-event",
                "803",
                &format!("{{\"conversation\":\"{long}\",\"type\":\"CONVERSATION_STARTED\"}}"),
            ),
            recognition,
        ]
    }

    pub fn path(&self) -> String {
        format!("/{}", self.kind)
    }

    pub fn body(&self) -> Value {
        let mut message = json!({
            "data": BASE64_STANDARD.encode(&self.data),
            "messageId": self.id, "message_id": self.id,
            "publishTime": PUBLISH_TIME, "publish_time": PUBLISH_TIME,
        });
        if !self.attributes.is_empty() {
            message["attributes"] = self.attributes.clone().into();
        }
        json!({"message": message, "subscription": format!("projects/{}/subscriptions/s", project())})
    }
}

/// Checks that a desktop got exactly these events, in this order, once each.
#[track_caller]
pub fn assert_payloads(got: &[Value], conversation: &str, pushed: &[Push]) {
    let ids = |got: &[Value]| got.iter().map(|event| event["args"][0]["message_id"].clone()).collect::<Vec<_>>();
    let expected: Vec<_> = pushed.iter().map(|push| Value::from(push.id.as_str())).collect();
    assert_eq!(ids(got), expected);
    for (event, push) in got.iter().zip(pushed) {
        assert_payload(event, conversation, push, Some(PUBLISH_TIME));
    }
}

/// Checks an event that a desktop got; without `publish_time`, the time may be any.
#[track_caller]
pub fn assert_payload(event: &Value, conversation: &str, push: &Push, publish_time: Option<&str>) {
    assert_eq!(event["name"], push.kind);
    let mut payload = event["args"][0].as_object().expect("a payload").clone();
    let ack_time = payload.remove("ack_time").expect("the time of receipt");
    assert!(is_utc_second(ack_time.as_str().expect("a text")), "{ack_time}");
    let publish_time = publish_time.map_or_else(|| payload["publish_time"].clone(), Value::from);
    let mut expected = json!({
        "conversation_name": conversation,
        "data": push.data,
        "data_type": push.kind,
        "publish_time": publish_time,
        "message_id": push.id,
    });
    if push.kind == "new-recognition-result-notification-event" {
        let attribute = |name: &str| push.attributes.get(name).cloned().unwrap_or_else(|| "".into());
        expected["participant_role"] = attribute("participant_role");
        expected["new_recognition_result_message_id"] = attribute("message_id");
    }
    assert_eq!(Value::from(payload), expected);
}

/// `YYYY-MM-DDTHH:MM:SSZ`
fn is_utc_second(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}
