//! The private session id, which client libraries with connection state recovery present when they
//! reconnect (<https://socket.io/docs/v4/connection-state-recovery>).

/// Names the moment of a connection, and that of the first one in a row of reconnects. Both are Unix
/// times by the clock of the log, milliseconds.
///
/// A desktop that has got no event has no offset either: from the `pid` it can still resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pid {
    pub(super) connected: u64,
    pub(super) began: u64,
}

impl Pid {
    /// Of a connection that begins `now`, after the one that `lost` names.
    pub(super) fn new(now: u64, lost: Option<Self>) -> Self {
        Self { connected: now, began: lost.map_or(now, |lost| lost.began) }
    }

    /// New each time, so that the client library reports `recovered: false` and no page skips its join.
    pub(super) fn encode(self) -> String {
        format!("{:x}-{:x}-{:016x}", self.connected, self.began, rand::random::<u64>())
    }

    /// Reads what a client presents; nothing if it is not ours.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-').map(|part| u64::from_str_radix(part, 16));
        let (connected, began) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let _random = parts.next()?.ok()?;
        (began <= connected).then_some(Self { connected, began })
    }
}

#[cfg(test)]
mod tests {
    use super::Pid;

    #[test]
    fn names_its_moment_and_the_first_one() {
        let first = Pid::new(1_000, None);
        assert_eq!(Pid::decode(&first.encode()), Some(first));
        assert_eq!(Pid::new(3_000, Some(first)), Pid { connected: 3_000, began: 1_000 });
        assert_ne!(first.encode(), first.encode());
    }

    #[test]
    fn rejects_foreign_pids() {
        for text in ["", "-", "x-1-1", "3e8-3e8", "1-2-0", "1-1-0-0", "1-1-g", "1700000000000-0123456789abcdef"] {
            assert_eq!(Pid::decode(text), None, "{text}");
        }
    }
}
