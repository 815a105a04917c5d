//! When an event was published and received, for metrics.

use std::time::SystemTime;

use memchr::memmem;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Payload;

/// The times stand behind the data, with little after them.
const TAIL: usize = 4096;
/// The longest form of a time.
const MAX_TIME: usize = 40;

impl Payload {
    /// When Pub/Sub got the message, if the payload has it in the form that our interceptor writes.
    ///
    /// The payload is not parsed, because it may be megabytes: a quote within the data is escaped, so the member's name is
    /// found at its own place only.
    pub fn published(&self) -> Option<SystemTime> {
        self.time(b"\"publish_time\":\"")
    }

    /// When the interceptor received it, whole seconds; see [`Payload::published`].
    pub fn acknowledged(&self) -> Option<SystemTime> {
        self.time(b"\"ack_time\":\"")
    }

    fn time(&self, member: &[u8]) -> Option<SystemTime> {
        let tail = &self.json[self.json.len().saturating_sub(TAIL)..];
        let value = &tail[memmem::rfind(tail, member)? + member.len()..];
        let end = value.iter().take(MAX_TIME).position(|byte| *byte == b'"')?;
        let text = std::str::from_utf8(&value[..end]).ok()?;
        OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{EventKind, Payload, RecognitionAttributes};

    #[test]
    fn times_are_found_whatever_the_data_says() {
        let name = "projects/p/conversations/c".parse().unwrap();
        let data = r#"{"publish_time":"1999-01-01T00:00:00Z","ack_time":"1999-01-01T00:00:00Z"}"#.repeat(1000);
        let (ack, published) = ("2026-11-21T01:39:09Z", "2026-11-21T01:39:08.5Z");
        let none = RecognitionAttributes::default();
        let kind = EventKind::NewRecognitionResult;
        let payload = Payload::encode(kind, &name, &data, ack, published, "7", &none).unwrap();
        let at = |millis| Some(std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(payload.acknowledged(), at(1_795_225_149_000));
        assert_eq!(payload.published(), at(1_795_225_148_500));
    }

    #[test]
    fn reads_no_time_from_other_payloads() {
        for json in ["", "{}", r#"{"publish_time":"soon"}"#, r#"{"publish_time":""#, r#"{"publish_time":7}"#] {
            let payload = Payload { kind: EventKind::NewMessage, json: json.as_bytes().to_vec().into() };
            assert_eq!(payload.published(), None, "{json}");
        }
    }
}
