//! The events of a benchmark: what is pushed, and how a desktop recognises it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use testkit::project;

use crate::http::{HttpCall, post};
use crate::units::micros;

/// Brings an event to about 1 kB, as a message of a caller with its sentiment has.
const MESSAGE: &str = r#""newMessagePayload":{"name":"projects/bench-project/locations/global/conversations/bench/messages/msg-0007-4f1b2c","content":"Hello, I have been looking at my last three statements and it seems that the monthly fee was charged twice in April and again in May. I called on Tuesday and was told that somebody would ring me back within two working days, which has not happened. Could you please look into it, tell me when I can expect the refund, and make sure that it does not happen again next month? I would also like to know whether the new tariff includes calls abroad, as my daughter moves to Lisbon in June.","languageCode":"en-US","participant":"projects/bench-project/locations/global/conversations/bench/participants/end-user-0007","participantRole":"END_USER","createTime":"2026-05-14T09:21:07.482Z","sendTime":"2026-05-14T09:21:06.900Z","sentimentAnalysis":{"queryTextSentiment":{"score":-0.7,"magnitude":0.7}}}"#;

const PUBLISH_TIME: &str = "2026-05-14T09:21:07.6Z";

/// The mark as it stands in a payload, whose `data` is a JSON string that holds JSON.
const NUMBER: &str = r#"\"benchNumber\":"#;
const DUE: &str = r#",\"benchDue\":"#;

/// The name of a conversation, by which desktops join it.
pub(crate) fn conversation(label: &str, number: usize) -> String {
    format!("projects/{}/conversations/{label}-{number}", project())
}

/// µs since the first call. One clock stamps what is sent and what arrives.
pub(crate) fn now() -> u64 {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    micros(EPOCH.elapsed())
}

/// What an event carries from Pub/Sub to the desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which event of its conversation it is: 0, 1, 2, …
    pub(crate) number: u64,
    /// When it was due to be pushed, by [`now`].
    pub(crate) due: u64,
}

impl Mark {
    /// Finds the mark in a delivered event without parsing it, which would be measured too.
    pub(crate) fn find(event: &str) -> Option<Self> {
        let (_, rest) = event.split_once(NUMBER)?;
        let (number, rest) = rest.split_once(DUE)?;
        let (due, _) = rest.split_once(',')?;
        Some(Self { number: number.parse().ok()?, due: due.parse().ok()? })
    }
}

/// The request by which Pub/Sub pushes an event, with a message id of its own
/// (<https://cloud.google.com/pubsub/docs/push#receive_push>).
pub(crate) fn push(conversation: &str, mark: Mark) -> HttpCall {
    static NEXT: AtomicU64 = AtomicU64::new(14_000_000_000_000_000);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let Mark { number, due } = mark;
    // As Dialogflow names it.
    let conversation = conversation.replace("/conversations/", "/locations/global/conversations/");
    let event = format!(
        r#"{{"conversation":"{conversation}","type":"NEW_MESSAGE","benchNumber":{number},"benchDue":{due},{MESSAGE}}}"#
    );
    let data = BASE64_STANDARD.encode(event);
    let body = format!(
        r#"{{"message":{{"attributes":{{}},"data":"{data}","messageId":"{id}","message_id":"{id}","publishTime":"{PUBLISH_TIME}","publish_time":"{PUBLISH_TIME}"}},"subscription":"projects/bench-project/subscriptions/bench"}}"#
    );
    post("/new-message-event", body)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test]
    async fn a_desktop_finds_the_mark_of_a_pushed_event() {
        let mark = Mark { number: 7, due: 99_000 };
        let body = push("projects/p/conversations/c", mark).into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let data = BASE64_STANDARD.decode(body["message"]["data"].as_str().unwrap()).unwrap();
        assert!((900..1200).contains(&data.len()), "{} bytes", data.len());
        let data = String::from_utf8(data).unwrap();
        let event: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(event["conversation"], "projects/p/locations/global/conversations/c");
        let packet = format!("42{}", json!(["new-message-event", {"data": data}, "7-0"]));
        assert_eq!(Mark::find(&packet), Some(mark));
        assert_eq!(Mark::find(r#"42["token-renewed",{"token":"x"}]"#), None);
    }
}
