use std::fmt::Write as _;

use xxhash_rust::xxh3::xxh3_64;

use crate::{ConversationName, Position};

/// The most conversations whose positions are read from an offset.
const MAX_CONVERSATIONS: usize = 256;

/// The most conversations that are remembered although they are of no interest any more.
const MAX_LEFT: usize = 64;

/// The last position delivered of every conversation that a desktop has joined, or where it began if
/// nothing was delivered yet; for a while also of those that it has left.
///
/// It travels as the opaque last argument of each event. Socket.IO clients (4.6 and later) return
/// it when they reconnect (<https://socket.io/docs/v4/connection-state-recovery>), so no connector
/// has to remember a desktop that has gone. Conversations are named by a hash to keep it short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResumeToken(Vec<(u64, Position)>);

impl ResumeToken {
    /// Of a desktop that has joined nothing yet.
    pub const EMPTY: Self = Self(Vec::new());

    /// Notes that the event at `position` was delivered.
    pub fn set(&mut self, conversation: &ConversationName, position: Position) {
        let key = key(conversation);
        if let Some((_, last)) = self.0.iter_mut().find(|(known, _)| *known == key) {
            *last = position;
            return;
        }
        // Most desktops have one conversation: a first push would make room for four.
        if self.0.is_empty() {
            self.0.reserve_exact(1);
        }
        self.0.push((key, position));
    }

    /// The desktop has left `conversation`.
    pub fn remove(&mut self, conversation: &ConversationName) {
        let key = key(conversation);
        self.0.retain(|(known, _)| *known != key);
    }

    /// The last position delivered of `conversation`, if any was.
    pub fn get(&self, conversation: &ConversationName) -> Option<Position> {
        let key = key(conversation);
        self.0.iter().find(|(known, _)| *known == key).map(|(_, position)| *position)
    }

    /// Leaves out what was recorded before `millis` (Unix time, milliseconds), and all but the last 64,
    /// except of the conversations in `joined` and in `other`.
    pub fn prune(&mut self, millis: u64, joined: &[ConversationName], other: &Self) {
        let joined: Vec<_> = joined.iter().map(key).collect();
        let is_wanted = |key: &u64| joined.contains(key) || other.0.iter().any(|(known, _)| known == key);
        let left = self.0.iter().filter(|(key, _)| !is_wanted(key)).count();
        let mut surplus = left.saturating_sub(MAX_LEFT);
        self.0.retain(|(key, at)| {
            let is_surplus = !is_wanted(key) && surplus > 0;
            surplus -= usize::from(is_surplus);
            is_wanted(key) || (at.millis >= millis && !is_surplus)
        });
    }

    /// Whether it names no conversation.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `conversation` is the only one in it.
    pub fn is_only(&self, conversation: &ConversationName) -> bool {
        matches!(self.0.as_slice(), [(known, _)] if *known == key(conversation))
    }

    /// The text that the desktop keeps: letters, digits, `.`, `-` and `~` only.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 34);
        for (key, position) in &self.0 {
            let separator = if text.is_empty() { "" } else { "~" };
            // Writing to a String cannot fail.
            let _ = write!(text, "{separator}{key:x}.{position}");
        }
        text
    }

    /// Reads what a desktop returned. Parts that cannot be read are left out: the worst that
    /// follows is that the desktop is treated as one that knows nothing. Of too many the last are
    /// kept, which were joined last.
    pub fn decode(text: &str) -> Self {
        let mut parts: Vec<_> = text.rsplit('~').take(MAX_CONVERSATIONS).filter_map(decode_part).collect();
        parts.reverse();
        Self(parts)
    }
}

fn decode_part(part: &str) -> Option<(u64, Position)> {
    let (key, position) = part.split_once('.')?;
    Some((u64::from_str_radix(key, 16).ok()?, position.parse().ok()?))
}

fn key(conversation: &ConversationName) -> u64 {
    xxh3_64(conversation.as_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::ResumeToken;
    use crate::{ConversationName, Position};
    use proptest::prelude::*;

    fn name(id: &str) -> ConversationName {
        format!("projects/p/conversations/{id}").parse().unwrap()
    }

    #[test]
    fn remembers_the_last_position_of_each_conversation() {
        let mut offset = ResumeToken::EMPTY;
        offset.set(&name("a"), Position { millis: 1, sequence: 0 });
        assert!(offset.is_only(&name("a")));
        offset.set(&name("b"), Position { millis: 2, sequence: 1 });
        offset.set(&name("a"), Position { millis: 3, sequence: 0 });
        let read = ResumeToken::decode(&offset.encode());
        assert_eq!(read, offset);
        assert_eq!(read.get(&name("a")), Some(Position { millis: 3, sequence: 0 }));
        offset.remove(&name("a"));
        assert_eq!(offset.get(&name("a")), None);
        assert!(offset.is_only(&name("b")) && !offset.is_only(&name("a")));
    }

    #[test]
    fn omits_old_conversations() {
        let mut offset = ResumeToken::EMPTY;
        for (id, millis) in [("joined", 1), ("other", 2), ("left", 3), ("just-left", 10)] {
            offset.set(&name(id), Position { millis, sequence: 0 });
        }
        let mut other = ResumeToken::EMPTY;
        other.set(&name("other"), Position::START);
        offset.prune(10, &[name("joined")], &other);
        let kept = ["joined", "other", "left", "just-left"].map(|id| offset.get(&name(id)).is_some());
        assert_eq!(kept, [true, true, false, true]);
    }

    #[test]
    fn remembers_the_last_conversation_that_was_left() {
        let mut offset = ResumeToken::EMPTY;
        (0..100).for_each(|id: u64| offset.set(&name(&id.to_string()), Position { millis: 10, sequence: id }));
        offset.prune(10, &[name("0")], &ResumeToken::EMPTY);
        let kept = ["0", "1", "35", "36", "99"].map(|id| offset.get(&name(id)).is_some());
        assert_eq!(kept, [true, false, false, true, true]);
    }

    #[test]
    fn of_too_many_conversations_the_last_are_kept() {
        let mut offset = ResumeToken::EMPTY;
        let last = Position { millis: 300, sequence: 0 };
        (0..=last.millis).for_each(|millis| offset.set(&name(&millis.to_string()), Position { millis, sequence: 0 }));
        let read = ResumeToken::decode(&offset.encode());
        assert_eq!(read.get(&name("300")), Some(last));
        assert_eq!(read.get(&name("0")), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "[0-9a-f.~-]{0,80}|.{0,80}") {
            let once = ResumeToken::decode(&text);
            prop_assert_eq!(ResumeToken::decode(&once.encode()), once);
        }
    }
}
