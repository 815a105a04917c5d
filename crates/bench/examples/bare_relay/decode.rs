//! From a push request to what is published: a Pub/Sub envelope around base64 around an event.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow, rename = "messageId")]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "publishTime")]
    publish_time: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    conversation: Cow<'a, str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    conversation_name: &'a str,
    data: &'a str,
    data_type: &'a str,
    ack_time: &'a str,
    publish_time: &'a str,
    message_id: &'a str,
}

/// What goes to Redis.
pub(crate) struct Publication {
    pub(crate) channel: String,
    pub(crate) content: Vec<u8>,
}

/// Decodes a push; `None` if it is not one.
pub(crate) fn decode(kind: &str, body: &[u8], ack_time: &str) -> Option<Publication> {
    let push: Push<'_> = serde_json::from_slice(body).ok()?;
    let data = STANDARD.decode(push.message.data.as_bytes()).ok()?;
    let data = str::from_utf8(&data).ok()?;
    let event: Event<'_> = serde_json::from_str(data).ok()?;
    let conversation = canonical(&event.conversation)?;
    let payload = Payload {
        conversation_name: &conversation,
        data,
        data_type: kind,
        ack_time,
        publish_time: &push.message.publish_time,
        message_id: &push.message.id,
    };
    let mut content = format!("\"{kind}\",").into_bytes();
    serde_json::to_writer(&mut content, &payload).ok()?;
    Some(Publication { channel: channel(&conversation), content })
}

/// The conversation name without a location: its first two and last two segments.
pub(crate) fn canonical(name: &str) -> Option<String> {
    let segments: Vec<&str> = name.split('/').collect();
    match segments[..] {
        ["projects", project, "conversations", id] | ["projects", project, "locations", _, "conversations", id] => {
            Some(format!("projects/{project}/conversations/{id}"))
        }
        _ => None,
    }
}

pub(crate) fn channel(conversation: &str) -> String {
    format!("{{{conversation}}}")
}
