//! The wire format of Socket.IO 5.
//!
//! Specification: <https://github.com/socketio/socket.io-protocol#packet-encoding>.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::frame::AckId;

/// Attachments that one packet may announce.
const MAX_ATTACHMENTS: usize = 10;

/// Names of the client libraries' own events, which must not be sent:
/// <https://github.com/socketio/socket.io/blob/main/packages/socket.io-parser/lib/index.ts>.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// Why a packet is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PacketError {
    /// It is missing, or not one of the seven types.
    #[error("unknown packet type")]
    Type,
    /// It is missing, not a number, or too large.
    #[error("invalid number of attachments")]
    Attachments,
    /// It is missing, in the wrong place, or too large.
    #[error("invalid ack id")]
    Ack,
    /// It is not JSON of the kind that the type requires.
    #[error("invalid payload")]
    Payload,
}

/// A packet that borrows from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    /// `/` or what the client wrote.
    pub(crate) namespace: &'a str,
    pub(crate) kind: PacketKind<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PacketKind<'a> {
    /// `0`, with the JSON object of the credentials if there is one.
    Connect(Option<&'a str>),
    /// `1`
    Disconnect,
    /// `2` or `5`
    Event(RawEvent<'a>),
    /// `3` or `6`, with the number of attachments.
    Ack(usize),
    /// `4`, which only servers send.
    ConnectError,
}

/// An event that borrows from the text of its packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawEvent<'a> {
    pub(crate) name: String,
    /// The arguments after the name: the inside of a JSON array.
    pub(crate) args: &'a str,
    /// Number of binary messages that follow and belong to the event.
    pub(crate) attachments: usize,
    /// Set if the client waits for an answer.
    pub(crate) ack: Option<AckId>,
}

impl<'a> Packet<'a> {
    /// Parses the text of an Engine.IO message.
    pub(crate) fn parse(text: &'a str) -> Result<Self, PacketError> {
        let (kind, rest) = text.split_at_checked(1).ok_or(PacketError::Type)?;
        let binary = matches!(kind, "5" | "6");
        let (attachments, rest) = if binary { parse_attachments(rest)? } else { (0, rest) };
        let (namespace, rest) = parse_namespace(rest);
        let (ack, data) = parse_ack(rest)?;
        let kind = match kind {
            "0" => PacketKind::Connect(parse_auth(ack, data)?),
            "1" => parse_nothing(ack, data)?,
            "2" | "5" => PacketKind::Event(parse_event(attachments, ack, data)?),
            "3" | "6" => parse_acknowledgement(attachments, ack, data)?,
            "4" => PacketKind::ConnectError,
            _ => return Err(PacketError::Type),
        };
        Ok(Self { namespace, kind })
    }
}

fn parse_attachments(rest: &str) -> Result<(usize, &str), PacketError> {
    let (count, rest) = rest.split_once('-').ok_or(PacketError::Attachments)?;
    let count = parse_number(count).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|&count| count <= MAX_ATTACHMENTS).ok_or(PacketError::Attachments)?;
    Ok((count, rest))
}

/// Parses digits only; `str::parse` would accept a sign, too.
fn parse_number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn parse_namespace(rest: &str) -> (&str, &str) {
    if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { ("/", rest) }
}

fn parse_ack(rest: &str) -> Result<(Option<AckId>, &str), PacketError> {
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, data) = rest.split_at(end);
    if digits.is_empty() {
        return Ok((None, data));
    }
    let id = parse_number(digits).ok_or(PacketError::Ack)?;
    Ok((Some(AckId(id)), data))
}

fn parse_auth(ack: Option<AckId>, data: &str) -> Result<Option<&str>, PacketError> {
    if ack.is_some() {
        return Err(PacketError::Ack);
    }
    if data.is_empty() {
        return Ok(None);
    }
    let value: &RawValue = serde_json::from_str(data).map_err(|_| PacketError::Payload)?;
    value.get().starts_with('{').then(|| Some(value.get())).ok_or(PacketError::Payload)
}

fn parse_nothing(ack: Option<AckId>, data: &str) -> Result<PacketKind<'_>, PacketError> {
    if ack.is_some() {
        return Err(PacketError::Ack);
    }
    if data.is_empty() { Ok(PacketKind::Disconnect) } else { Err(PacketError::Payload) }
}

fn parse_acknowledgement(attachments: usize, ack: Option<AckId>, data: &str) -> Result<PacketKind<'_>, PacketError> {
    ack.ok_or(PacketError::Ack)?;
    serde_json::from_str::<Vec<IgnoredAny>>(data).map_err(|_| PacketError::Payload)?;
    Ok(PacketKind::Ack(attachments))
}

fn parse_event(attachments: usize, ack: Option<AckId>, data: &str) -> Result<RawEvent<'_>, PacketError> {
    let array: EventArray<'_> = serde_json::from_str(data).map_err(|_| PacketError::Payload)?;
    if RESERVED.contains(&array.name.as_str()) {
        return Err(PacketError::Payload);
    }
    let args = array.first_arg.and_then(|first| inside_from(data, first)).unwrap_or_default();
    Ok(RawEvent { name: array.name, args, attachments, ack })
}

/// Returns the inside of a JSON array from one of its elements on.
fn inside_from<'a>(array: &'a str, element: &'a RawValue) -> Option<&'a str> {
    let start = (element.get().as_ptr() as usize).checked_sub(array.as_ptr() as usize)?;
    array.get(start..)?.trim_end().strip_suffix(']').map(str::trim_end)
}

/// `["name", ...]`. All of it is checked to be JSON; only the name is decoded.
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

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array that starts with the name of an event")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let name = array.next_element()?.ok_or_else(|| A::Error::custom("the name is missing"))?;
        let first_arg = array.next_element()?;
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(EventArray { name, first_arg })
    }
}

#[cfg(test)]
mod tests;
