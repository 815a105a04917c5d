//! What Dialogflow publishes about conversations.
//! <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/ConversationEvent>

use std::time::Duration;

use event::EventKind;
use serde_json::{Value, json};

/// The language of everything that is said here.
pub(crate) const LANGUAGE: &str = "en-GB";

/// One notification, as Dialogflow would publish it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// How long after the one before.
    pub pause: Duration,
    /// Which topic it belongs to.
    pub kind: EventKind,
    /// The message's data.
    pub event: Value,
    pub attributes: Value,
}

impl Notification {
    fn now(kind: EventKind, event: Value) -> Self {
        Self { pause: Duration::ZERO, kind, event, attributes: json!({}) }
    }

    /// The same after a pause.
    #[must_use]
    pub(crate) fn after(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// The conversation has changed its state, such as `CONVERSATION_STARTED`.
    pub(crate) fn lifecycle(conversation: &str, change: &str) -> Self {
        Self::now(EventKind::ConversationLifecycle, json!({"conversation": conversation, "type": change}))
    }

    /// Something was said or written; `message` is the resource.
    pub(crate) fn message(conversation: &str, message: &Value) -> Self {
        let event = json!({"conversation": conversation, "type": "NEW_MESSAGE", "newMessagePayload": message});
        Self::now(EventKind::NewMessage, event)
    }

    /// What has been recognised so far of a spoken message.
    pub(crate) fn transcript(conversation: &str, id: &str, role: &str, heard: &str, is_final: bool) -> Self {
        let mut result = json!({"messageType": "TRANSCRIPT", "transcript": heard, "languageCode": LANGUAGE});
        if is_final {
            result["isFinal"] = true.into();
            result["confidence"] = 0.94.into();
        }
        let event = json!({"conversation": conversation, "type": "NEW_RECOGNITION_RESULT", "newRecognitionResultPayload": result});
        let attributes = json!({"participant_id": role, "participant_role": role, "message_id": id});
        Self { attributes, ..Self::now(EventKind::NewRecognitionResult, event) }
    }

    /// Something for the agent, such as `{"suggestFaqAnswersResponse": …}`.
    pub(crate) fn suggestion(conversation: &str, result: &Value) -> Self {
        let participant = format!("{conversation}/participants/HUMAN_AGENT");
        let event = json!({"conversation": conversation, "participant": participant, "suggestionResults": [result]});
        Self::now(EventKind::HumanAgentAssistant, event)
    }
}
