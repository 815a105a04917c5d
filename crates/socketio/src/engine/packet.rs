//! The wire format of Engine.IO 4.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol#packet-encoding>.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use thiserror::Error;

use crate::frame::Frame;

/// Separates the packets of a polling payload: the ASCII record separator.
const SEPARATOR: char = '\x1e';

/// Some clients pad their base64, others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a packet or a payload is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum EnginePacketError {
    /// It is missing, or not one of the seven types.
    #[error("unknown packet type")]
    Type,
    #[error("unexpected data in a packet")]
    Data,
    #[error("invalid base64")]
    Base64,
    #[error("invalid UTF-8")]
    Utf8,
    #[error("too many packets in a payload")]
    TooMany,
}

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientMessage {
    Text(MessageText),
    Binary(Bytes),
}

/// The text of a message. Stored with its packet type, so that parsing copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageText(String);

impl MessageText {
    /// Returns the text without its packet type.
    pub(crate) fn as_str(&self) -> &str {
        self.0.get(1..).unwrap_or_default()
    }
}

/// A packet from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EnginePacket {
    /// `0`, which only servers send.
    Open,
    /// `1`: the client closes the connection.
    Close,
    /// `2`, which only servers send.
    Ping,
    /// `2probe`: tests a WebSocket before an upgrade.
    Probe,
    /// `3`: answers a ping.
    Pong,
    /// `4`, or a binary packet.
    Message(ClientMessage),
    /// `5`: completes an upgrade.
    Upgrade,
    /// `6`: means nothing.
    Noop,
}

impl EnginePacket {
    /// Parses a text packet, which is the text of one WebSocket message.
    pub(crate) fn parse(text: String) -> Result<Self, EnginePacketError> {
        let (kind, data) = text.split_at_checked(1).ok_or(EnginePacketError::Type)?;
        let packet = match kind {
            "0" => Self::Open,
            "1" => Self::Close,
            "2" if data == "probe" => return Ok(Self::Probe),
            "2" => Self::Ping,
            "3" => Self::Pong,
            "4" => return Ok(Self::Message(ClientMessage::Text(MessageText(text)))),
            "5" => Self::Upgrade,
            "6" => Self::Noop,
            _ => return Err(EnginePacketError::Type),
        };
        if data.is_empty() { Ok(packet) } else { Err(EnginePacketError::Data) }
    }

    fn parse_polled(text: &str) -> Result<Self, EnginePacketError> {
        match text.strip_prefix('b') {
            Some(data) => {
                let bytes = BASE64.decode(data).map_err(|_| EnginePacketError::Base64)?;
                Ok(Self::Message(ClientMessage::Binary(bytes.into())))
            }
            None => Self::parse(text.to_owned()),
        }
    }
}

/// Parses the body of a POST, of at most `max_packets` packets. One malformed packet invalidates it.
pub(crate) fn parse_payload(body: &[u8], max_packets: usize) -> Result<Vec<EnginePacket>, EnginePacketError> {
    let body = std::str::from_utf8(body).map_err(|_| EnginePacketError::Utf8)?;
    let mut packets = Vec::new();
    for text in body.split(SEPARATOR) {
        if packets.len() == max_packets {
            return Err(EnginePacketError::TooMany);
        }
        packets.push(EnginePacket::parse_polled(text)?);
    }
    Ok(packets)
}

/// Encodes the answer to a poll.
pub(crate) fn encode_payload(frames: &[Frame]) -> Vec<u8> {
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

/// Parses the answer to a poll, as a client does. Returns `None` if the server closes the connection.
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

/// Encodes a message as a client does in a POST.
pub(crate) fn encode_message(message: &ClientMessage) -> Bytes {
    match message {
        ClientMessage::Text(MessageText(packet)) => Bytes::copy_from_slice(packet.as_bytes()),
        ClientMessage::Binary(bytes) => ["b", &BASE64.encode(bytes)].concat().into(),
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
