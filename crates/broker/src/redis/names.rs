//! The names of everything in Redis that is ours. The braces make all keys of a conversation, its
//! mapping key included, share a hash slot
//! (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags>).

use event::{ConnectorId, ConversationName};

use crate::slots::Slot;

/// Malformed messages, a stream.
pub(super) const QUARANTINE: &str = "aa:quarantine";

const PREFIX: &str = "aa:{";
const LIVE: &str = "}:live";
const INBOX: &str = "}:inbox";

/// The log, a stream with the fields `k` (kind) and `p` (payload).
pub(super) fn log(conversation: &ConversationName) -> String {
    name(conversation, "}:log")
}

/// Fingerprints of the messages that were published in one window of time, a set of integers. It
/// needs no pruning: the windows before are not written any more and expire.
pub(super) fn seen(conversation: &ConversationName, window: i64) -> String {
    name(conversation, &format!("}}:seen:{window}"))
}

/// The position of the first undelivered event.
pub(super) fn undelivered(conversation: &ConversationName) -> String {
    name(conversation, "}:unheard")
}

/// The undelivered mark that was claimed last, with the receipt of its connector.
pub(super) fn claimed(conversation: &ConversationName) -> String {
    name(conversation, "}:taken")
}

/// The position of the last published event, where events are held back until replicas have them.
pub(super) fn announced(conversation: &ConversationName) -> String {
    name(conversation, "}:announced")
}

/// What is written before replicas are asked, a text.
pub(super) fn barrier(conversation: &ConversationName) -> String {
    name(conversation, "}:barrier")
}

/// The pattern of the channels on which interceptors of the original publish to a connector:
/// `{connector id}:{conversation name}`.
pub(super) fn foreign_pattern(connector: &ConnectorId) -> String {
    format!("{connector}:*")
}

/// Returns the key of a login session; `id` is the `jti` of its tokens.
pub fn session_key(id: &str) -> String {
    format!("aa:session:{{{id}}}")
}

/// The channel of the live events.
pub(super) fn live(conversation: &ConversationName) -> String {
    name(conversation, LIVE)
}

/// The conversation whose live events come on `channel`.
pub(super) fn conversation_of(channel: &str) -> Option<&str> {
    channel.strip_prefix(PREFIX)?.strip_suffix(LIVE)
}

/// The channel of what other connectors send to this one.
pub(super) fn inbox(connector: &ConnectorId) -> String {
    [PREFIX, connector.as_str(), INBOX].concat()
}

/// What a connector subscribes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// The live events of a conversation.
    Live(ConversationName),
    /// What other connectors send.
    Mailbox(ConnectorId),
}

impl Channel {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Live(conversation) => live(conversation),
            Self::Mailbox(connector) => inbox(connector),
        }
    }

    pub(super) fn slot(&self) -> Slot {
        match self {
            Self::Live(conversation) => Slot::of(conversation),
            Self::Mailbox(connector) => Slot::of_key(connector.as_str()),
        }
    }

    /// The channel of this name, if it is one of ours.
    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some(conversation) = conversation_of(name) {
            return Some(Self::Live(conversation.parse().ok()?));
        }
        let connector = name.strip_prefix(PREFIX)?.strip_suffix(INBOX)?.strip_prefix(ConnectorId::PREFIX)?;
        ConnectorId::with_number(connector).map(Self::Mailbox)
    }
}

fn name(conversation: &ConversationName, suffix: &str) -> String {
    [PREFIX, conversation.as_str(), suffix].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_names_are_those_of_the_contract() {
        let conversation = "projects/p/conversations/c".parse().unwrap();
        assert_eq!(super::log(&conversation), "aa:{projects/p/conversations/c}:log");
        assert_eq!(super::seen(&conversation, 7), "aa:{projects/p/conversations/c}:seen:7");
        assert_eq!(super::undelivered(&conversation), "aa:{projects/p/conversations/c}:unheard");
        assert_eq!(super::live(&conversation), "aa:{projects/p/conversations/c}:live");
        assert_eq!(super::conversation_of(&super::live(&conversation)), Some(conversation.as_str()));
        assert_eq!(super::conversation_of("projects/p/conversations/c"), None);
    }

    #[test]
    fn channels_are_known_by_their_names() {
        let conversation = "projects/p/conversations/c".parse().unwrap();
        for channel in [super::Channel::Live(conversation), super::Channel::Mailbox(event::ConnectorId::generate())] {
            assert_eq!(super::Channel::of(&channel.name()), Some(channel));
        }
        assert_eq!(super::Channel::of("aa:{aa-connector-x}:inbox"), None);
    }
}
