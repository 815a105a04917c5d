//! The wire format of Socket.IO 5.
//!
//! Specification: <https://github.com/socketio/socket.io-protocol#packet-encoding>.

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

/// Attachments that one packet may announce.
pub const MAX_ATTACHMENTS: usize = 10;

/// Names that the clients use for events of their own, which therefore nobody may send:
/// <https://github.com/socketio/socket.io/blob/main/packages/socket.io-parser/lib/index.ts>.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// A packet that is not in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The packet has no type, or one that does not exist.
    #[error("unknown packet type")]
    Type,
    /// The number of attachments is missing, not a number, or too large.
    #[error("invalid number of attachments")]
    Attachments,
    /// The ack id is missing, misplaced, or too large.
    #[error("invalid ack id")]
    Ack,
    /// The payload is not JSON of the kind that the type wants.
    #[error("invalid payload")]
    Payload,
}

/// Number by which a client recognises the answer to its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AckId(pub(crate) u64);

impl From<u64> for AckId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

/// A packet, still in the text that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// `/` or what the client wrote.
    pub namespace: &'a str,
    /// What it is.
    pub kind: Kind<'a>,
}

/// What a packet is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `0`, with the JSON object of its credentials if there is one.
    Connect(Option<&'a str>),
    /// `1`.
    Disconnect,
    /// `2` or `5`.
    Event(RawEvent<'a>),
    /// `3` or `6`, with the number of attachments.
    Ack(usize),
    /// `4`, which only servers send.
    ConnectError,
}

/// An event in the text of its packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// Name of the event.
    pub name: String,
    /// The arguments after the name: the inside of a JSON array.
    pub args: &'a str,
    /// Number of binary messages that follow and belong to it.
    pub attachments: usize,
    /// Set if the client wants an answer.
    pub ack: Option<AckId>,
}

impl<'a> Packet<'a> {
    /// Reads one packet: the text of an Engine.IO message.
    ///
    /// # Errors
    /// Any [`Malformed`].
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let (kind, rest) = text.split_at_checked(1).ok_or(Malformed::Type)?;
        let binary = matches!(kind, "5" | "6");
        let (attachments, rest) = if binary { parse_attachments(rest)? } else { (0, rest) };
        let (namespace, rest) = parse_namespace(rest);
        let (ack, data) = parse_ack(rest)?;
        let kind = match kind {
            "0" => Kind::Connect(parse_auth(ack, data)?),
            "1" => parse_nothing(ack, data)?,
            "2" | "5" => Kind::Event(parse_event(attachments, ack, data)?),
            "3" | "6" => parse_acknowledgement(attachments, ack, data)?,
            "4" => Kind::ConnectError,
            _ => return Err(Malformed::Type),
        };
        Ok(Self { namespace, kind })
    }
}

fn parse_attachments(rest: &str) -> Result<(usize, &str), Malformed> {
    let (count, rest) = rest.split_once('-').ok_or(Malformed::Attachments)?;
    let count = parse_number(count).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|&count| count <= MAX_ATTACHMENTS).ok_or(Malformed::Attachments)?;
    Ok((count, rest))
}

/// Digits alone; `str::parse` would take a sign as well.
fn parse_number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn parse_namespace(rest: &str) -> (&str, &str) {
    if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { ("/", rest) }
}

fn parse_ack(rest: &str) -> Result<(Option<AckId>, &str), Malformed> {
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, data) = rest.split_at(end);
    if digits.is_empty() {
        return Ok((None, data));
    }
    let id = parse_number(digits).ok_or(Malformed::Ack)?;
    Ok((Some(AckId(id)), data))
}

fn parse_auth(ack: Option<AckId>, data: &str) -> Result<Option<&str>, Malformed> {
    if ack.is_some() {
        return Err(Malformed::Ack);
    }
    if data.is_empty() {
        return Ok(None);
    }
    let value: &RawValue = serde_json::from_str(data).map_err(|_| Malformed::Payload)?;
    value.get().starts_with('{').then(|| Some(value.get())).ok_or(Malformed::Payload)
}

fn parse_nothing(ack: Option<AckId>, data: &str) -> Result<Kind<'_>, Malformed> {
    if ack.is_some() {
        return Err(Malformed::Ack);
    }
    if data.is_empty() { Ok(Kind::Disconnect) } else { Err(Malformed::Payload) }
}

fn parse_acknowledgement(attachments: usize, ack: Option<AckId>, data: &str) -> Result<Kind<'_>, Malformed> {
    ack.ok_or(Malformed::Ack)?;
    serde_json::from_str::<Vec<IgnoredAny>>(data).map_err(|_| Malformed::Payload)?;
    Ok(Kind::Ack(attachments))
}

fn parse_event(attachments: usize, ack: Option<AckId>, data: &str) -> Result<RawEvent<'_>, Malformed> {
    let array: EventArray<'_> = serde_json::from_str(data).map_err(|_| Malformed::Payload)?;
    if RESERVED.contains(&array.name.as_str()) {
        return Err(Malformed::Payload);
    }
    let args = array.first_arg.and_then(|first| inside_from(data, first)).unwrap_or_default();
    Ok(RawEvent { name: array.name, args, attachments, ack })
}

/// The inside of a JSON array from one of its elements on.
fn inside_from<'a>(array: &'a str, element: &'a RawValue) -> Option<&'a str> {
    let start = (element.get().as_ptr() as usize).checked_sub(array.as_ptr() as usize)?;
    array.get(start..)?.trim_end().strip_suffix(']').map(str::trim_end)
}

/// `["name", ...]`: valid JSON throughout, of which only the name is read.
struct EventArray<'a> {
    name: String,
    first_arg: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for EventArray<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventArray<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array that begins with the name of an event")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let name = array.next_element()?.ok_or_else(|| A::Error::custom("no name"))?;
        let first_arg = array.next_element()?;
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(EventArray { name, first_arg })
    }
}

#[cfg(test)]
mod tests;
