//! Conversations as data: who says what, and what Agent Assist suggests meanwhile.

use std::time::Duration;

use event::{ConversationName, EventKind};
use serde::Deserialize;
use serde_json::{Value, json};

/// The conversation that the demo plays.
const LATE_PARCEL: &str = include_str!("../conversations/late-parcel.json");

/// A conversation that can be played.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Script(Vec<Step>);

#[derive(Debug, Clone, Deserialize)]
struct Step {
    pause_ms: u64,
    #[serde(flatten)]
    action: Action,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Lifecycle(String),
    Says { role: String, text: String },
    Suggests(Value),
}

/// One notification, as Dialogflow would publish it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// How long after the one before.
    pub pause: Duration,
    /// Which topic it belongs to.
    pub kind: EventKind,
    /// The message's data.
    pub event: Value,
    /// The message's attributes.
    pub attributes: Value,
}

impl Script {
    /// A customer of a bookshop misses a parcel: 17 steps, about 30 s.
    ///
    /// # Errors
    /// None: the data is part of the program, and a test reads it.
    pub fn late_parcel() -> Result<Self, serde_json::Error> {
        serde_json::from_str(LATE_PARCEL)
    }

    /// The notifications of `conversation`, in order.
    pub fn notifications(&self, conversation: &ConversationName) -> Vec<Notification> {
        let name = conversation.as_str().replacen("/conversations/", "/locations/global/conversations/", 1);
        let steps = self.0.iter().enumerate();
        steps.flat_map(|(index, step)| step.notifications(&name, index)).collect()
    }
}

impl Step {
    fn notifications(&self, conversation: &str, index: usize) -> Vec<Notification> {
        let pause = Duration::from_millis(self.pause_ms);
        match &self.action {
            Action::Lifecycle(change) => vec![lifecycle(conversation, pause, change)],
            Action::Says { role, text } => utterance(conversation, pause, index, role, text),
            Action::Suggests(result) => vec![suggestion(conversation, pause, result)],
        }
    }
}

fn lifecycle(conversation: &str, pause: Duration, change: &str) -> Notification {
    let event = json!({"conversation": conversation, "type": change});
    Notification { pause, kind: EventKind::ConversationLifecycle, event, attributes: json!({}) }
}

/// Speech grows word by word, becomes final, and then is a message.
fn utterance(conversation: &str, pause: Duration, index: usize, role: &str, text: &str) -> Vec<Notification> {
    const PER_WORDS: Duration = Duration::from_millis(350);
    let id = format!("message-{index}");
    let transcript = |pause, heard: &str, is_final: bool| {
        let mut result = json!({"messageType": "TRANSCRIPT", "transcript": heard, "languageCode": "en-GB"});
        if is_final {
            result["isFinal"] = true.into();
            result["confidence"] = 0.94.into();
        }
        let event = json!({"conversation": conversation, "type": "NEW_RECOGNITION_RESULT", "newRecognitionResultPayload": result});
        let attributes = json!({"participant_id": role, "participant_role": role, "message_id": id});
        Notification { pause, kind: EventKind::NewRecognitionResult, event, attributes }
    };
    let words: Vec<_> = text.split(' ').collect();
    let interim = (3..words.len()).step_by(3).enumerate();
    let mut heard: Vec<_> = interim
        .map(|(nth, count)| transcript(if nth == 0 { pause } else { PER_WORDS }, &words[..count].join(" "), false))
        .collect();
    heard.push(transcript(PER_WORDS, text, true));
    heard.push(message(conversation, &id, role, text));
    heard
}

fn message(conversation: &str, id: &str, role: &str, text: &str) -> Notification {
    let name = format!("{conversation}/messages/{id}");
    let message =
        json!({"name": name, "content": text, "languageCode": "en-GB", "participant": role, "participantRole": role});
    let event = json!({"conversation": conversation, "type": "NEW_MESSAGE", "newMessagePayload": message});
    Notification { pause: Duration::from_millis(150), kind: EventKind::NewMessage, event, attributes: json!({}) }
}

fn suggestion(conversation: &str, pause: Duration, result: &Value) -> Notification {
    let participant = format!("{conversation}/participants/HUMAN_AGENT");
    let event = json!({"conversation": conversation, "participant": participant, "suggestionResults": [named(result, conversation)]});
    Notification { pause, kind: EventKind::HumanAgentAssistant, event, attributes: json!({}) }
}

/// The script says `{conversation}` where the name belongs.
fn named(value: &Value, conversation: &str) -> Value {
    match value {
        Value::String(text) => text.replace("{conversation}", conversation).into(),
        Value::Array(items) => items.iter().map(|item| named(item, conversation)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), named(member, conversation))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_shows_every_kind_of_event() {
        let name = "projects/p/conversations/demo".parse().unwrap();
        let notifications = Script::late_parcel().unwrap().notifications(&name);
        for kind in EventKind::ALL {
            assert!(notifications.iter().any(|notification| notification.kind == kind), "{kind}");
        }
        for notification in &notifications {
            assert_eq!(notification.event["conversation"], "projects/p/locations/global/conversations/demo");
            assert!(!notification.event.to_string().contains("{conversation}"));
        }
    }

    #[test]
    fn speech_grows_into_a_message() {
        let heard = utterance("c", Duration::ZERO, 7, "END_USER", "one two three four five");
        let transcripts: Vec<_> =
            heard.iter().filter_map(|n| n.event["newRecognitionResultPayload"]["transcript"].as_str()).collect();
        assert_eq!(transcripts, ["one two three", "one two three four five"]);
        assert_eq!(heard.last().unwrap().event["newMessagePayload"]["content"], "one two three four five");
        assert_eq!(heard[0].attributes["message_id"], "message-7");
    }
}
