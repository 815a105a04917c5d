//! The messages on the channels.

use bytes::Bytes;
use event::{ConnectorId, ConversationName, EventKind, Payload, Position};
use redis::{PushInfo, PushKind, Value};

use crate::LoggedEvent;
use crate::redis::names;

/// A push message of Redis, parsed. Channel names are kept whole.
#[derive(Debug)]
pub(super) enum PushMessage {
    /// A live event of one conversation.
    Live { channel: String, event: LoggedEvent },
    /// A message of another connector.
    PeerMessage(Bytes),
    /// An event for this connector from an interceptor of the original.
    Foreign { conversation: ConversationName, payload: Payload },
    /// A subscription has ended, at our request or by the node.
    Unsubscribed { channel: String },
    /// The connection has ended.
    Disconnected,
    /// Anything else, such as the confirmation of a subscription.
    Other,
}

/// Why a message was ignored. Contains nothing of its content.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum InvalidPush {
    #[error("the channel's name is not one of ours")]
    Channel,
    #[error("not of the form <position> <kind> <payload>")]
    Live,
    #[error("not a payload")]
    Foreign,
}

impl PushMessage {
    /// Reads a push message to the connector `own`.
    pub(super) fn read(push: PushInfo, own: &ConnectorId) -> Result<Self, InvalidPush> {
        let mut data = push.data.into_iter().map(|value| match value {
            Value::BulkString(bytes) => bytes,
            _ => Vec::new(),
        });
        let mut next = || data.next().unwrap_or_default();
        match push.kind {
            PushKind::Disconnection => Ok(Self::Disconnected),
            PushKind::Message | PushKind::SMessage => {
                let channel = next();
                if channel == names::inbox(own).as_bytes() {
                    Ok(Self::PeerMessage(next().into()))
                } else {
                    live(channel, &next().into())
                }
            }
            PushKind::SUnsubscribe => Ok(Self::Unsubscribed { channel: text(next())? }),
            PushKind::PMessage => {
                let _pattern = next();
                foreign(&next(), next().into(), own)
            }
            _ => Ok(Self::Other),
        }
    }
}

fn text(channel: Vec<u8>) -> Result<String, InvalidPush> {
    String::from_utf8(channel).map_err(|_| InvalidPush::Channel)
}

fn live(channel: Vec<u8>, message: &Bytes) -> Result<PushMessage, InvalidPush> {
    let channel = text(channel)?;
    names::conversation_of(&channel).ok_or(InvalidPush::Channel)?;
    let event = live_event(message).ok_or(InvalidPush::Live)?;
    Ok(PushMessage::Live { channel, event })
}

fn live_event(message: &Bytes) -> Option<LoggedEvent> {
    let mut parts = message.splitn(3, |byte| *byte == b' ');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let (position, kind): (Position, EventKind) = (text()?.parse().ok()?, text()?.parse().ok()?);
    let json = message.slice_ref(parts.next()?);
    Some(LoggedEvent { position, payload: Payload { kind, json } })
}

fn foreign(channel: &[u8], message: Bytes, own: &ConnectorId) -> Result<PushMessage, InvalidPush> {
    let channel = std::str::from_utf8(channel).map_err(|_| InvalidPush::Channel)?;
    let name =
        channel.strip_prefix(own.as_str()).and_then(|rest| rest.strip_prefix(':')).ok_or(InvalidPush::Channel)?;
    let conversation: ConversationName = name.parse().map_err(|_| InvalidPush::Channel)?;
    if conversation.as_str() != name {
        return Err(InvalidPush::Channel);
    }
    let payload = Payload::decode(message).map_err(|_| InvalidPush::Foreign)?;
    Ok(PushMessage::Foreign { conversation, payload })
}
