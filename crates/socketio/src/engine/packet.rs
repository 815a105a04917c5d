//! The wire format of Engine.IO 4.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol#packet-encoding>.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use thiserror::Error;

use crate::frame::Frame;

/// Separates the packets of a polling payload (ASCII record separator).
pub const SEPARATOR: char = '\x1e';

/// Clients pad their base64 or not; both are understood.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A packet that is not in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The packet has no type, or one that does not exist.
    #[error("unknown packet type")]
    Type,
    /// A packet that must be empty is not.
    #[error("unexpected data in a packet")]
    Data,
    /// A binary packet is not valid base64.
    #[error("invalid base64")]
    Base64,
    /// A payload is not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// A payload has more packets than allowed.
    #[error("too many packets in a payload")]
    TooMany,
}

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

/// The text of a message. Keeps its packet type, so that reading it copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The text without its packet type.
    pub fn as_str(&self) -> &str {
        self.0.get(1..).unwrap_or_default()
    }
}

/// A packet from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// `0`, which only servers send.
    Open,
    /// `1`: the sender ends the session.
    Close,
    /// `2`, or `2probe` if the flag is set.
    Ping(bool),
    /// `3`: answer to a ping.
    Pong,
    /// `4`, or a binary packet.
    Message(Message),
    /// `5`: completes an upgrade.
    Upgrade,
    /// `6`: says nothing.
    Noop,
}

impl Packet {
    /// Reads one text packet, as it comes in a WebSocket message.
    ///
    /// # Errors
    /// [`Malformed::Type`] or [`Malformed::Data`].
    pub fn parse(text: String) -> Result<Self, Malformed> {
        let (kind, data) = text.split_at_checked(1).ok_or(Malformed::Type)?;
        let packet = match kind {
            "0" => Self::Open,
            "1" => Self::Close,
            "2" if data == "probe" => return Ok(Self::Ping(true)),
            "2" => Self::Ping(false),
            "3" => Self::Pong,
            "4" => return Ok(Self::Message(Message::Text(Text(text)))),
            "5" => Self::Upgrade,
            "6" => Self::Noop,
            _ => return Err(Malformed::Type),
        };
        if data.is_empty() { Ok(packet) } else { Err(Malformed::Data) }
    }

    fn parse_polled(text: &str) -> Result<Self, Malformed> {
        match text.strip_prefix('b') {
            Some(data) => {
                let bytes = BASE64.decode(data).map_err(|_| Malformed::Base64)?;
                Ok(Self::Message(Message::Binary(bytes.into())))
            }
            None => Self::parse(text.to_owned()),
        }
    }
}

/// Reads the body of a POST, of at most `max_packets` packets.
///
/// # Errors
/// Any [`Malformed`]: one bad packet spoils the payload.
pub fn parse_payload(body: &[u8], max_packets: usize) -> Result<Vec<Packet>, Malformed> {
    let body = std::str::from_utf8(body).map_err(|_| Malformed::Utf8)?;
    let mut packets = Vec::new();
    for text in body.split(SEPARATOR) {
        if packets.len() == max_packets {
            return Err(Malformed::TooMany);
        }
        packets.push(Packet::parse_polled(text)?);
    }
    Ok(packets)
}

/// Writes the answer to a poll.
pub fn encode_payload(frames: &[Frame]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(frames.iter().map(polled_len).sum());
    for frame in frames {
        if !frame.as_bytes().is_empty() {
            separate(&mut payload);
            payload.extend_from_slice(frame.as_bytes());
        }
        for attachment in frame.attachments() {
            separate(&mut payload);
            payload.push(b'b');
            payload.extend_from_slice(BASE64.encode(attachment).as_bytes());
        }
    }
    payload
}

/// Reads the answer to a poll, as a client does, for whoever passes it on; nothing if it says that the session is over.
pub(crate) fn decode_answer(payload: &[u8]) -> Option<Vec<Frame>> {
    let text = std::str::from_utf8(payload).ok()?;
    let mut frames = Vec::new();
    for packet in text.split(SEPARATOR) {
        match packet.strip_prefix('b') {
            Some(data) => frames.push(Frame::binary(BASE64.decode(data).ok()?.into())),
            None if packet == "1" => return None,
            None if packet == "6" => {}
            None => frames.push(Frame::encoded(packet.to_owned())),
        }
    }
    Some(frames)
}

/// Writes a message as a client does in a POST.
pub(crate) fn encode_message(message: &Message) -> Bytes {
    match message {
        Message::Text(Text(packet)) => Bytes::copy_from_slice(packet.as_bytes()),
        Message::Binary(bytes) => ["b", &BASE64.encode(bytes)].concat().into(),
    }
}

fn separate(payload: &mut Vec<u8>) {
    if !payload.is_empty() {
        payload.push(SEPARATOR as u8);
    }
}

fn polled_len(frame: &Frame) -> usize {
    let attachments = frame.attachments().iter().map(|bytes| 2 + bytes.len().div_ceil(3) * 4);
    1 + frame.as_bytes().len() + attachments.sum::<usize>()
}

#[cfg(test)]
mod tests;
