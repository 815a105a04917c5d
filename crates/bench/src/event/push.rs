//! The HTTP request by which Cloud Pub/Sub pushes an event
//! (<https://cloud.google.com/pubsub/docs/push#receive_push>).

use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Marker;

/// Brings an event to about 1 kB, as a message of a caller with its sentiment has.
const PAYLOAD: &str = r#""newMessagePayload":{"name":"projects/bench-project/locations/global/conversations/bench/messages/msg-0007-4f1b2c","content":"Hello, I have been looking at my last three statements and it seems that the monthly fee was charged twice in April and again in May. I called on Tuesday and was told that somebody would ring me back within two working days, which has not happened. Could you please look into it, tell me when I can expect the refund, and make sure that it does not happen again next month? I would also like to know whether the new tariff includes calls abroad, as my daughter moves to Lisbon in June.","languageCode":"en-US","participant":"projects/bench-project/locations/global/conversations/bench/participants/end-user-0007","participantRole":"END_USER","createTime":"2026-05-14T09:21:07.482Z","sendTime":"2026-05-14T09:21:06.900Z","sentimentAnalysis":{"queryTextSentiment":{"score":-0.7,"magnitude":0.7}}}"#;

const HEAD: &str = "POST /new-message-event HTTP/1.1\r\n\
    host: bench\r\n\
    user-agent: CloudPubSub-Google\r\n\
    content-type: application/json\r\n\
    content-length: ";

/// Writes push requests, each with a message id of its own.
#[derive(Default)]
pub struct PushWriter {
    event: Vec<u8>,
    data: String,
    body: Vec<u8>,
    request: Vec<u8>,
}

impl PushWriter {
    /// The request that pushes an event of `conversation`.
    ///
    /// # Errors
    /// Never, in fact: writing into memory has no way to fail, but its signature has.
    pub fn request(&mut self, conversation: &str, marker: Marker) -> io::Result<&[u8]> {
        self.write_event(conversation, marker)?;
        self.data.clear();
        STANDARD.encode_string(&self.event, &mut self.data);
        self.write_body(next_message_id())?;
        self.request.clear();
        write!(self.request, "{HEAD}{}\r\n\r\n", self.body.len())?;
        self.request.extend_from_slice(&self.body);
        Ok(&self.request)
    }

    fn write_event(&mut self, conversation: &str, marker: Marker) -> io::Result<()> {
        self.event.clear();
        write!(self.event, r#"{{"conversation":"{conversation}","type":"NEW_MESSAGE","#)?;
        marker.write(&mut self.event)?;
        write!(self.event, ",{PAYLOAD}}}")
    }

    fn write_body(&mut self, id: u64) -> io::Result<()> {
        const TIME: &str = "2026-05-14T09:21:07.6Z";
        self.body.clear();
        write!(
            self.body,
            r#"{{"message":{{"attributes":{{}},"data":"{data}","messageId":"{id}","message_id":"{id}","publishTime":"{TIME}","publish_time":"{TIME}"}},"subscription":"projects/bench-project/subscriptions/bench"}}"#,
            data = self.data
        )
    }
}

/// Unique also between runs, should they share a Redis.
fn next_message_id() -> u64 {
    static NEXT: OnceLock<AtomicU64> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        AtomicU64::new(u64::try_from(since_epoch.as_micros()).unwrap_or_default())
    });
    next.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn body(request: &[u8]) -> Value {
        let text = std::str::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length: usize = head.rsplit_once(": ").unwrap().1.parse().unwrap();
        assert_eq!(length, body.len());
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn pushes_a_whole_event_of_about_a_kilobyte() {
        let mut writer = PushWriter::default();
        let marker = Marker { number: 3, sent: 4 };
        let push = body(writer.request("projects/p/conversations/c", marker).unwrap());
        let data = STANDARD.decode(push["message"]["data"].as_str().unwrap()).unwrap();
        assert!((900..1100).contains(&data.len()), "{} bytes", data.len());
        let event: Value = serde_json::from_slice(&data).unwrap();
        assert_eq!(event["conversation"], "projects/p/conversations/c");
        assert_eq!(event["benchSeq"], 3);
    }

    #[test]
    fn every_push_has_its_own_message_id() {
        let mut writer = PushWriter::default();
        let marker = Marker { number: 0, sent: 0 };
        let first = body(writer.request("c", marker).unwrap());
        let second = body(writer.request("c", marker).unwrap());
        assert_ne!(first["message"]["messageId"], second["message"]["messageId"]);
    }
}
