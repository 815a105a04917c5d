use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use crate::EventKind;

/// Tells Pub/Sub's redelivery of a message from another message.
///
/// The message id alone does not: it is unique per topic, while the four topics meet in one
/// conversation, and emulators count from one again after a restart. So the kind and a hash of
/// the event belong to it. A redelivery is equal in all three.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of the message `message_id` (empty if the push had none) that carried `data`.
    pub fn new(kind: EventKind, message_id: &str, data: &[u8]) -> Self {
        Self(format!("{message_id}.{:x}{:016x}", kind as u8, xxh3_64(data)))
    }

    /// The text that is remembered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::EventKind::{HumanAgentAssistant, NewMessage};

    #[test]
    fn id_kind_and_data_each_make_a_difference() {
        let message = Fingerprint::new(NewMessage, "7", b"{}");
        assert_eq!(message, Fingerprint::new(NewMessage, "7", b"{}"));
        assert_ne!(message, Fingerprint::new(NewMessage, "8", b"{}"));
        assert_ne!(message, Fingerprint::new(HumanAgentAssistant, "7", b"{}"));
        assert_ne!(message, Fingerprint::new(NewMessage, "7", b"{ }"));
    }
}
