//! The mark that an event carries from the pusher to the desktops.

use std::io::{self, Write};

/// Which event it is, and when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Number within its conversation: 0, 1, 2, ...
    pub number: u64,
    /// When it was due to be sent, in µs of [`now_micros`](crate::wire::clock::now_micros).
    pub sent: u64,
}

/// As they stand in the payload, whose `data` is a JSON string that holds JSON.
const NUMBER: &[u8] = br#"\"benchSeq\":"#;
const SENT: &[u8] = br#",\"benchSent\":"#;

impl Marker {
    /// Writes the mark as two JSON members.
    pub(super) fn write(self, out: &mut impl Write) -> io::Result<()> {
        let Self { number, sent } = self;
        write!(out, r#""benchSeq":{number},"benchSent":{sent}"#)
    }

    /// Finds the mark in a delivered event without parsing it: at 20,000 events a second a parser would be measured too.
    pub fn find(event: &[u8]) -> Option<Self> {
        let at = event.windows(NUMBER.len()).position(|window| window == NUMBER)?;
        let (number, rest) = digits(&event[at + NUMBER.len()..])?;
        let (sent, _) = digits(rest.strip_prefix(SENT)?)?;
        Some(Self { number, sent })
    }
}

fn digits(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    let value = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    Some((value, &bytes[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_again_behind_the_escapes_of_a_payload() {
        let marker = Marker { number: 7, sent: 99_000 };
        let mut event = b"{\"conversation\":\"c\",".to_vec();
        marker.write(&mut event).unwrap();
        event.extend(b",\"x\":\"y\"}");
        let payload = serde_json::json!({"data_type": "k", "data": String::from_utf8(event).unwrap()});
        assert_eq!(Marker::find(payload.to_string().as_bytes()), Some(marker));
    }

    #[test]
    fn other_events_have_none() {
        assert_eq!(Marker::find(br#"["token-renewed",{"token":"x"}]"#), None);
        assert_eq!(Marker::find(br#"\"benchSeq\":12"#), None, "cut off");
    }
}
