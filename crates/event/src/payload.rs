use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{ConversationName, EventKind};

/// One event as Redis keeps it and the desktop receives it: a JSON object, already encoded.
///
/// The desktop's page reads `conversation_name`, `data` (the event's own JSON, as a string, byte
/// for byte as Dialogflow published it), `data_type`, `ack_time`, `publish_time` and `message_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The event's name on the desktop's socket.
    pub kind: EventKind,
    /// The JSON object. Cloning copies a pointer.
    pub json: Bytes,
}

/// Two attributes of the recognition topic's messages that the payload carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecognitionAttributes<'a> {
    /// `HUMAN_AGENT`, `END_USER`, or empty.
    pub participant_role: &'a str,
    /// Opaque id of the message that the transcript becomes, or empty.
    pub message_id: &'a str,
}

/// Bytes on a channel that are no payload.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// Not a JSON object with text for `data_type`.
    #[error("not a payload object")]
    Json(#[from] serde_json::Error),
    /// `data_type` is none of the four kinds.
    #[error("unknown data_type")]
    Kind(#[from] crate::UnknownEventKind),
}

#[derive(Serialize)]
struct Fields<'a> {
    conversation_name: &'a str,
    data: &'a str,
    data_type: &'a str,
    ack_time: &'a str,
    publish_time: &'a str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant_role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_recognition_result_message_id: Option<&'a str>,
}

impl Payload {
    /// Encodes an event.
    ///
    /// `ack_time` is when the interceptor received it (`YYYY-MM-DDTHH:MM:SSZ`, UTC). `recognition`
    /// counts for [`EventKind::NewRecognitionResult`] only.
    ///
    /// # Errors
    /// None in practice: text always encodes. The error is passed on rather than hidden.
    pub fn encode(
        kind: EventKind,
        conversation: &ConversationName,
        data: &str,
        ack_time: &str,
        publish_time: &str,
        message_id: &str,
        recognition: &RecognitionAttributes<'_>,
    ) -> Result<Self, PayloadError> {
        let spoken = kind == EventKind::NewRecognitionResult;
        let fields = Fields {
            conversation_name: conversation.as_str(),
            data,
            data_type: kind.as_str(),
            ack_time,
            publish_time,
            message_id,
            participant_role: spoken.then_some(recognition.participant_role),
            new_recognition_result_message_id: spoken.then_some(recognition.message_id),
        };
        // Quotes in `data` are escaped, so the payload is somewhat longer than its parts.
        let mut json = Vec::with_capacity(data.len() + data.len() / 4 + 384);
        serde_json::to_writer(&mut json, &fields)?;
        Ok(Self { kind, json: json.into() })
    }

    /// Reads a payload that another interceptor published, whatever members it has besides `data_type`.
    ///
    /// # Errors
    /// [`PayloadError`] if it is not a JSON object that names one of the four kinds.
    pub fn decode(json: Bytes) -> Result<Self, PayloadError> {
        #[derive(Deserialize)]
        struct Typed<'a> {
            #[serde(borrow)]
            data_type: std::borrow::Cow<'a, str>,
        }
        let kind = serde_json::from_slice::<Typed<'_>>(&json)?.data_type.parse()?;
        Ok(Self { kind, json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn encode(kind: EventKind, data: &str) -> Payload {
        let name = "projects/p/conversations/c".parse().unwrap();
        let spoken = RecognitionAttributes { participant_role: "END_USER", message_id: "m" };
        Payload::encode(kind, &name, data, "2026-05-14T09:21:07Z", "t", "7", &spoken).unwrap()
    }

    #[test]
    fn only_recognition_results_carry_the_attributes() {
        let spoken: Value = serde_json::from_slice(&encode(EventKind::NewRecognitionResult, "{}").json).unwrap();
        assert_eq!(spoken["participant_role"], "END_USER");
        assert_eq!(spoken["new_recognition_result_message_id"], "m");
        let written: Value = serde_json::from_slice(&encode(EventKind::NewMessage, "{}").json).unwrap();
        assert_eq!(written.as_object().unwrap().len(), 6);
    }

    #[test]
    fn a_foreign_payload_keeps_its_members() {
        let json = Bytes::from_static(br#"{"something_else":[1,null],"data_type":"new-message-event"}"#);
        let payload = Payload::decode(json.clone()).unwrap();
        assert_eq!((payload.kind, payload.json), (EventKind::NewMessage, json));
        for bad in ["not json", "[]", "{}", r#"{"data_type":5}"#, r#"{"data_type":"other"}"#] {
            assert!(Payload::decode(Bytes::from(bad)).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn data_survives_byte_for_byte(data in "\\PC*|[\\x00-\\x7f\u{2028}\u{1f469}]*") {
            let value: Value = serde_json::from_slice(&encode(EventKind::NewMessage, &data).json).unwrap();
            prop_assert_eq!(value["data"].as_str(), Some(data.as_str()));
        }
    }
}
