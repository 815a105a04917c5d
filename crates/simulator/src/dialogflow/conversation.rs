use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call::DialogflowError;
use crate::advice::sentiment;
use crate::notification::LANGUAGE;

/// Messages and participants that a conversation may have.
const MOST_MESSAGES: usize = 10_000;
const MOST_PARTICIPANTS: usize = 100;

/// One conversation with everything that was said.
pub(super) struct Conversation {
    name: String,
    pub(super) resource: Value,
    pub(super) participants: Vec<Value>,
    pub(super) messages: Vec<Value>,
}

impl Conversation {
    pub(super) fn new(name: String, profile: &str) -> Self {
        let resource = json!({
            "name": name, "lifecycleState": "IN_PROGRESS", "conversationProfile": profile,
            "startTime": now(), "conversationStage": "HUMAN_ASSIST_STAGE",
        });
        Self { name, resource, participants: Vec::new(), messages: Vec::new() }
    }

    /// A conversation of a player. Its participants are named like their roles.
    pub(super) fn played(name: String) -> Self {
        let participants = ["HUMAN_AGENT", "END_USER"];
        let participants =
            participants.map(|role| json!({"name": format!("{name}/participants/{role}"), "role": role}));
        Self { participants: participants.into(), ..Self::new(name, "played") }
    }

    /// Keeps a published event.
    pub(super) fn observe(&mut self, event: &Value) {
        if event["type"] == "CONVERSATION_FINISHED" {
            self.complete();
        } else if let Some(message) = event.get("newMessagePayload").filter(|_| self.messages.len() < MOST_MESSAGES) {
            self.messages.push(message.clone());
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn complete(&mut self) {
        self.resource["lifecycleState"] = "COMPLETED".into();
        self.resource["endTime"] = now().into();
    }

    /// Adds a participant.
    pub(super) fn enter(&mut self, role: &str) -> Result<Value, DialogflowError> {
        if self.participants.len() >= MOST_PARTICIPANTS {
            return Err(DialogflowError::FailedPrecondition);
        }
        let name = format!("{}/participants/participant-{}", self.name, self.participants.len() + 1);
        let participant = json!({"name": name, "role": role});
        self.participants.push(participant.clone());
        Ok(participant)
    }

    pub(super) fn participant(&mut self, id: &str) -> Result<&mut Value, DialogflowError> {
        let name = format!("{}/participants/{id}", self.name);
        let mut participants = self.participants.iter_mut();
        participants
            .find(|participant| participant["name"] == name.as_str())
            .ok_or(DialogflowError::NotFound("Participant"))
    }

    /// A participant says something; the message.
    pub(super) fn say(&mut self, participant: &str, text: &str) -> Result<Value, DialogflowError> {
        let role = self.participant(participant)?["role"].clone();
        if self.resource["lifecycleState"] == "COMPLETED" || self.messages.len() >= MOST_MESSAGES {
            return Err(DialogflowError::FailedPrecondition);
        }
        let name = format!("{}/messages/message-{:04}", self.name, self.messages.len() + 1);
        let mut message = json!({
            "name": name, "content": text, "languageCode": LANGUAGE,
            "participant": participant, "participantRole": role, "createTime": now(),
        });
        if role == "END_USER" {
            message["sentimentAnalysis"] = sentiment(text);
        }
        self.messages.push(message.clone());
        Ok(message)
    }

    /// What was said, by role and text.
    pub(super) fn said(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.messages.iter().map(|message| (text(&message["participantRole"]), text(&message["content"]))).collect()
    }

    /// The name of the last message.
    pub(super) fn latest(&self) -> Value {
        self.messages.last().map_or(Value::Null, |message| message["name"].clone())
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
