//! A push request, taken apart.
//!
//! Wrapped form: <https://cloud.google.com/pubsub/docs/push#receive_push>.
//! Unwrapped form: <https://cloud.google.com/pubsub/docs/payload-unwrapping>.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::error::Malformed;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// What Pub/Sub delivers, whichever form the subscription uses.
#[derive(Debug)]
pub(crate) struct PubsubMessage<'a> {
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) message_id: Cow<'a, str>,
    pub(crate) publish_time: Cow<'a, str>,
    pub(crate) participant_role: Cow<'a, str>,
    pub(crate) recognition_message_id: Cow<'a, str>,
}

/// A JSON object and nothing else: by itself, serde also takes a list for a struct.
#[derive(Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A text of the body, borrowed unless it has escapes.
#[derive(Deserialize, Default)]
struct JsonText<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    message: Object<EnvelopeMessage<'a>>,
}

/// Both spellings occur, often together.
#[derive(Deserialize)]
struct EnvelopeMessage<'a> {
    #[serde(borrow)]
    data: JsonText<'a>,
    #[serde(borrow, default, rename = "messageId")]
    id: Option<JsonText<'a>>,
    #[serde(borrow, default, rename = "message_id")]
    id_snake: Option<JsonText<'a>>,
    #[serde(borrow, default, rename = "publishTime")]
    publish_time: Option<JsonText<'a>>,
    #[serde(borrow, default, rename = "publish_time")]
    publish_time_snake: Option<JsonText<'a>>,
    #[serde(borrow, default)]
    attributes: Option<Object<Attributes<'a>>>,
}

#[derive(Deserialize, Default)]
struct Attributes<'a> {
    #[serde(borrow, default)]
    participant_role: Option<JsonText<'a>>,
    #[serde(borrow, default)]
    message_id: Option<JsonText<'a>>,
}

impl<'a> PubsubMessage<'a> {
    pub(crate) fn read(headers: &'a HeaderMap, body: &'a [u8]) -> Result<Self, Malformed> {
        if headers.contains_key("x-goog-pubsub-message-id") {
            return Ok(Self::unwrapped(headers, body));
        }
        match serde_json::from_slice::<Object<Envelope<'a>>>(body) {
            Ok(Object(Envelope { message: Object(message) })) => Self::wrapped(message),
            Err(_) => explain(body).map(|()| Self::unwrapped(headers, body)),
        }
    }

    fn wrapped(message: EnvelopeMessage<'a>) -> Result<Self, Malformed> {
        let Object(attributes) = message.attributes.unwrap_or_default();
        Ok(Self {
            data: Cow::Owned(decode_base64(&message.data.0)?),
            message_id: either(message.id, message.id_snake),
            publish_time: either(message.publish_time, message.publish_time_snake),
            participant_role: either(attributes.participant_role, None),
            recognition_message_id: either(attributes.message_id, None),
        })
    }

    /// The body is the data; everything else stands in headers, attributes by their own names.
    fn unwrapped(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().into();
        Self {
            data: body.into(),
            message_id: header("x-goog-pubsub-message-id"),
            publish_time: header("x-goog-pubsub-publish-time"),
            participant_role: header("participant_role"),
            recognition_message_id: header("message_id"),
        }
    }
}

fn either<'a>(first: Option<JsonText<'a>>, second: Option<JsonText<'a>>) -> Cow<'a, str> {
    first.or(second).unwrap_or_default().0
}

/// Pub/Sub sends the standard alphabet; the URL-safe one does no harm.
fn decode_base64(text: &str) -> Result<Vec<u8>, Malformed> {
    BASE64.decode(text).or_else(|_| BASE64_URL.decode(text)).map_err(|_| Malformed::Base64)
}

/// Says what is wrong with a body that is no wrapped message, or that it is an unwrapped event.
fn explain(body: &[u8]) -> Result<(), Malformed> {
    #[derive(Deserialize)]
    struct RawMembers<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a serde_json::value::RawValue>);
    type Any = serde::de::IgnoredAny;

    let RawMembers(members) = serde_json::from_slice(body).map_err(|_| {
        let is_json = serde_json::from_slice::<Any>(body).is_ok();
        if is_json { Malformed::NoMessage } else { Malformed::NotJson }
    })?;
    let Some(message) = members.get("message") else {
        return if members.contains_key("conversation") { Ok(()) } else { Err(Malformed::NoMessage) };
    };
    match serde_json::from_str::<RawMembers<'_>>(message.get()) {
        Ok(RawMembers(message)) if message.contains_key("data") => Err(Malformed::WrongType),
        Ok(_) => Err(Malformed::NoData),
        Err(_) => Err(Malformed::NoMessage),
    }
}

#[cfg(test)]
mod tests;
