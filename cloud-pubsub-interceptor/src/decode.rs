//! Pub/Sub message → event.

use std::borrow::Cow;

use event::{ConversationName, EventKind, Fingerprint, Payload, RecognitionAttributes};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::error::Malformed;
use crate::push::{Object, PubsubMessage};

/// The form of the time of receipt, in UTC.
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Returns the event that goes into the log. The data is parsed only as far as its conversation, and passed on
/// byte for byte.
pub(crate) fn decode(kind: EventKind, message: &PubsubMessage<'_>) -> Result<broker::NewEvent, Malformed> {
    let data = text(&message.data)?;
    let conversation = conversation(data)?;
    let recognition = RecognitionAttributes {
        participant_role: &message.participant_role,
        message_id: &message.recognition_message_id,
    };
    let (published, id) = (&message.publish_time, &message.message_id);
    let received = OffsetDateTime::now_utc().format(SECONDS).unwrap_or_default();
    let payload = Payload::encode(kind, &conversation, data, &received, published, id, &recognition)
        .map_err(|_| Malformed::NotAnObject)?;
    let fingerprint = Fingerprint::new(kind, id, unix_seconds(published), data.as_bytes());
    Ok(broker::NewEvent { conversation, fingerprint, payload })
}

fn text(data: &[u8]) -> Result<&str, Malformed> {
    match (std::str::from_utf8(data), looks_like_protobuf(data)) {
        (_, true) => Err(Malformed::Protobuf),
        (Ok(text), false) => Ok(text),
        (Err(_), false) => Err(Malformed::NotUtf8),
    }
}

/// Field 1 of every notification is its conversation, a string: tag `0x0a`, length, `projects/`
/// (<https://protobuf.dev/programming-guides/encoding/>). JSON cannot begin so: to JSON `0x0a` is
/// white space, and no JSON text begins with `projects/` after it.
fn looks_like_protobuf(data: &[u8]) -> bool {
    data.first() == Some(&0x0a) && data.get(2..14).is_some_and(|start| start.windows(9).any(|w| w == b"projects/"))
}

fn conversation(data: &str) -> Result<ConversationName, Malformed> {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        conversation: Cow<'a, str>,
    }
    let is_object = || data.trim_ascii_start().starts_with('{');
    match serde_json::from_str::<Object<Event<'_>>>(data) {
        Ok(Object(event)) => event.conversation.parse().map_err(|_| Malformed::ConversationName),
        Err(error) if error.is_data() && is_object() => Err(Malformed::NoConversation),
        Err(_) => Err(Malformed::NotAnObject),
    }
}

/// Returns the Unix time of a publish time of Pub/Sub; 0 if it is malformed.
fn unix_seconds(publish_time: &str) -> i64 {
    OffsetDateTime::parse(publish_time, &Rfc3339).map_or(0, OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(data: &[u8]) -> Result<broker::NewEvent, Malformed> {
        let message = PubsubMessage {
            data: data.into(),
            message_id: "7".into(),
            publish_time: "t".into(),
            participant_role: "END_USER".into(),
            recognition_message_id: "m".into(),
        };
        super::decode(EventKind::NewMessage, &message)
    }

    #[test]
    fn the_data_is_passed_on_byte_for_byte() {
        let data = "{ \"n\": 1.0, \"conversation\" :\n \"projects\\/p/locations/global/conversations/c\",\"t\":\"\\u00e9é\" , \"n\":2}";
        let event = decode(data.as_bytes()).unwrap();
        assert_eq!(event.conversation.as_str(), "projects/p/conversations/c");
        let payload: serde_json::Value = serde_json::from_slice(&event.payload.json).unwrap();
        assert_eq!(payload["data"].as_str(), Some(data));
        let received = payload["ack_time"].as_str().unwrap();
        assert!(received.len() == "2026-05-14T09:21:07Z".len() && received.starts_with("20"), "{received}");
        assert_eq!((payload["message_id"].as_str(), payload["publish_time"].as_str()), (Some("7"), Some("t")));
    }

    #[test]
    fn deep_nesting_is_skipped_without_recursion() {
        let deep = format!(
            "{{\"x\":{}{},\"conversation\":\"projects/p/conversations/c\"}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(decode(deep.as_bytes()).is_ok());
    }

    #[test]
    fn publish_times_have_any_number_of_digits() {
        for text in ["2026-05-14T09:21:07Z", "2026-05-14T09:21:07.6Z", "2026-05-14T09:21:07.482000001Z"] {
            assert_eq!(unix_seconds(text), 1_778_750_467, "{text}");
        }
        assert_eq!([unix_seconds(""), unix_seconds("t")], [0, 0]);
    }
}
