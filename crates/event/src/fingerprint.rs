use xxhash_rust::xxh3::Xxh3;

use crate::EventKind;

/// Distinguishes a redelivery of Pub/Sub from another message.
///
/// The message id alone does not: it is unique per topic, while the four topics meet in one
/// conversation, and emulators count from one again after a restart. So the kind and the event
/// itself belong to it. A redelivery is equal in all of them, and in the time of its publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hash: i64,
    published: i64,
}

impl Fingerprint {
    /// The fingerprint of the message `message_id` (empty if the push had none), published at the
    /// Unix time `published` (seconds; 0 if the push did not say), that carried `data`.
    pub fn new(kind: EventKind, message_id: &str, published: i64, data: &[u8]) -> Self {
        let mut hash = Xxh3::new();
        hash.update(kind.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(message_id.as_bytes());
        hash.update(&[0]);
        hash.update(data);
        Self { hash: hash.digest().cast_signed(), published }
    }

    /// The number that is remembered. It is signed because Redis keeps sets of 64-bit integers in
    /// 8 bytes a member.
    pub const fn as_i64(self) -> i64 {
        self.hash
    }

    /// The window of `seconds` (at least 1) in which the message was published. As a redelivery
    /// falls into the same one, a fingerprint has to be looked for in its own window only.
    pub const fn window(self, seconds: u64) -> i64 {
        let seconds = if seconds == 0 { 1 } else { seconds.cast_signed() };
        self.published.div_euclid(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::EventKind::{HumanAgentAssistant, NewMessage};

    #[test]
    fn id_kind_and_data_each_make_a_difference() {
        let message = Fingerprint::new(NewMessage, "7", 0, b"{}");
        assert_eq!(message, Fingerprint::new(NewMessage, "7", 0, b"{}"));
        assert_ne!(message, Fingerprint::new(NewMessage, "8", 0, b"{}"));
        assert_ne!(message, Fingerprint::new(HumanAgentAssistant, "7", 0, b"{}"));
        assert_ne!(message, Fingerprint::new(NewMessage, "7", 0, b"{ }"));
        assert_ne!(message, Fingerprint::new(NewMessage, "7{", 0, b"}"));
    }

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let window = |published| Fingerprint::new(NewMessage, "7", published, b"").window(900);
        assert_eq!([window(0), window(899), window(900), window(-1)], [0, 0, 1, -1]);
        assert_eq!(Fingerprint::new(NewMessage, "7", i64::MIN, b"").window(0), i64::MIN);
    }
}
