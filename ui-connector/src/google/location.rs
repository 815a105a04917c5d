//! Locations of Google's services, such as `global` or `europe-west3`.

use std::fmt;
use std::str::FromStr;

/// The longest name that is believed to be a location.
const MAX_BYTES: usize = 40;

/// A plausible location id: `[a-z]+(-[a-z0-9]+)*`, at most 40 characters.
///
/// It becomes a part of a host name to which our access token is sent, so nothing else is let through. There is no list
/// of them, because new ones come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(String);

/// The text is no location id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a location id")]
pub struct InvalidLocation;

impl Location {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is everywhere.
    pub fn is_global(&self) -> bool {
        self.0 == "global"
    }
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let mut parts = text.split('-');
        let begins_with_a_word =
            parts.next().is_some_and(|first| is_filled_with(first, |byte| byte.is_ascii_lowercase()));
        let goes_on = parts.all(|part| is_filled_with(part, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        if text.len() <= MAX_BYTES && begins_with_a_word && goes_on {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLocation)
        }
    }
}

fn is_filled_with(part: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !part.is_empty() && part.bytes().all(allowed)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn takes_what_google_calls_its_locations() {
        for name in ["global", "us", "eu", "us-central1", "northamerica-northeast1", "europe-west12"] {
            assert_eq!(name.parse::<Location>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn takes_nothing_that_could_become_another_host() {
        let long = "a".repeat(41);
        let bad = [
            "",
            "-",
            "us-",
            "-us",
            "us--east",
            "US",
            "us.east",
            "evil.example",
            "evil.example%23",
            "evil.example#",
            "a?",
            "a@b",
            "a:443",
            "a/b",
            "a\\b",
            "a\r\nb",
            "1us",
            "us central",
            "us\u{3002}example",
            "us\u{ff0e}example",
            "us_east",
            &long,
        ];
        for name in bad {
            assert!(name.parse::<Location>().is_err(), "{name:?}");
        }
    }
}
