//! Kinds of values. Other crates add their own by implementing [`Kind`].

use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use crate::setting::Kind;

pub struct Text;

impl Kind for Text {
    type Value = String;
    const EXPECTED: &str = "a text";

    fn parse(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

/// A text of at least so many bytes that is never shown.
pub struct Secret<const BYTES: usize = 1>;

impl<const BYTES: usize> Kind for Secret<BYTES> {
    type Value = SecretString;

    const SECRET: bool = true;

    fn parse(text: &str) -> Result<SecretString, String> {
        if text.len() >= BYTES { Ok(text.into()) } else { Err(format!("{} bytes", text.len())) }
    }

    fn expected() -> String {
        if BYTES > 1 { format!("at least {BYTES} bytes") } else { "a text".to_owned() }
    }
}

/// `true` or `false`, or another pair of words for it, in any case.
pub struct Flag;

impl Kind for Flag {
    type Value = bool;
    const EXPECTED: &str = "true or false";

    fn parse(text: &str) -> Result<bool, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(quoted(text)),
        }
    }
}

/// A whole number within bounds, which belong to it.
pub struct Number<const LOW: usize, const HIGH: usize>;

impl<const LOW: usize, const HIGH: usize> Kind for Number<LOW, HIGH> {
    type Value = usize;

    fn parse(text: &str) -> Result<usize, String> {
        text.parse().ok().filter(|number| (LOW..=HIGH).contains(number)).ok_or_else(|| quoted(text))
    }

    fn expected() -> String {
        format!("{LOW} to {HIGH}")
    }
}

/// A number of units of time, each of so many seconds, within bounds, which belong to it.
pub struct Span<const UNIT: u64, const LOW: usize, const HIGH: usize>;
/// Seconds within bounds.
pub type Seconds<const LOW: usize, const HIGH: usize> = Span<1, LOW, HIGH>;
/// Minutes within bounds.
pub type Minutes<const LOW: usize, const HIGH: usize> = Span<60, LOW, HIGH>;
/// Hours within bounds.
pub type Hours<const LOW: usize, const HIGH: usize> = Span<3600, LOW, HIGH>;

impl<const UNIT: u64, const LOW: usize, const HIGH: usize> Kind for Span<UNIT, LOW, HIGH> {
    type Value = Duration;

    fn parse(text: &str) -> Result<Duration, String> {
        Number::<LOW, HIGH>::parse(text).map(|number| Duration::from_secs(UNIT * number as u64))
    }

    fn expected() -> String {
        Number::<LOW, HIGH>::expected()
    }
}

pub struct Port;

impl Kind for Port {
    type Value = u16;
    const EXPECTED: &str = "a port number, 0 to 65535";

    fn parse(text: &str) -> Result<u16, String> {
        parsed(text)
    }
}

/// The values of an enumeration, by their names in any case.
pub trait Choice: Copy + 'static {
    const ALL: &'static [(&'static str, Self)];
}

pub struct OneOf<C>(PhantomData<C>);

impl<C: Choice> Kind for OneOf<C> {
    type Value = C;

    fn parse(text: &str) -> Result<C, String> {
        let named = C::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, value)| *value).ok_or_else(|| quoted(text))
    }

    fn expected() -> String {
        let names: Vec<_> = C::ALL.iter().map(|(name, _)| *name).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// Declares an enumeration whose values have names in the environment.
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $visibility:vis enum $type:ident { $($(#[$about_one:meta])* $one:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $type { $($(#[$about_one])* $one,)+ }

        impl $crate::kinds::Choice for $type {
            const ALL: &[(&str, Self)] = &[$(($name, Self::$one)),+];
        }
    };
}

/// Several values, separated by commas; at least one, if the variable is set.
pub struct List<K>(PhantomData<K>);

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    const SECRET: bool = K::SECRET;

    fn parse(text: &str) -> Result<Self::Value, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let values = entries.map(K::parse).collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() { Err(quoted(text)) } else { Ok(values) }
    }

    fn expected() -> String {
        format!("{}; several with commas between them", K::expected())
    }

    fn default(text: &str) -> Self::Value {
        if text.is_empty() { Vec::new() } else { text.split(',').map(K::default).collect() }
    }
}

/// A file that may come into being later.
pub struct FilePath;

impl Kind for FilePath {
    type Value = PathBuf;
    const EXPECTED: &str = "a file";

    fn parse(text: &str) -> Result<PathBuf, String> {
        Ok(text.into())
    }
}

/// A file that can be read.
pub struct File;

impl Kind for File {
    type Value = PathBuf;
    const EXPECTED: &str = "a readable file";

    fn parse(text: &str) -> Result<PathBuf, String> {
        std::fs::File::open(text).map_err(|error| format!("{text} ({error})"))?;
        Ok(text.into())
    }
}

/// The id of a Google Cloud project: 6 to 30 lowercase letters, digits and hyphens that begin with a letter and do not end with a
/// hyphen (<https://cloud.google.com/resource-manager/docs/creating-managing-projects>); old ones have a domain before it, as in
/// `example.com:sample`.
pub struct ProjectId;

impl Kind for ProjectId {
    type Value = String;
    const EXPECTED: &str = "the id of a Google Cloud project: 6 to 30 lowercase letters, digits and hyphens";

    fn parse(text: &str) -> Result<String, String> {
        let (domain, id) = text.rsplit_once(':').unwrap_or(("domain", text));
        let consists_of = |text: &str, others: &str| {
            text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || others.contains(c))
        };
        let is_id =
            (6..=30).contains(&id.len()) && id.starts_with(|c: char| c.is_ascii_lowercase()) && !id.ends_with('-');
        let is_valid = is_id && consists_of(id, "-") && !domain.is_empty() && consists_of(domain, "-.");
        if is_valid { Ok(text.to_owned()) } else { Err(quoted(text)) }
    }
}

/// A text as what was found. Not for texts that may hold a secret.
pub fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// What [`FromStr`] makes of a text that holds no secret.
///
/// # Errors
/// The text, quoted.
pub fn parsed<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::choices! {
        enum Colour { Red = "Red", Green = "Green", }
    }

    #[test]
    fn choices_are_read_in_any_case() {
        assert_eq!(OneOf::<Colour>::parse("GREEN"), Ok(Colour::Green));
        assert_eq!(OneOf::<Colour>::parse("blue"), Err("\"blue\"".to_owned()));
        assert_eq!(OneOf::<Colour>::expected(), "Red or Green");
    }

    #[test]
    fn flags_have_several_words() {
        assert_eq!(["Yes", "on", "0", "FALSE"].map(|text| Flag::parse(text).unwrap()), [true, true, false, false]);
        assert!(Flag::parse("perhaps").is_err());
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(["1", "5"].map(|text| Number::<1, 5>::parse(text).unwrap()), [1, 5]);
        assert!(["0", "6", "-1", "2.0", "x"].iter().all(|text| Number::<1, 5>::parse(text).is_err()));
        assert_eq!(Hours::<1, 168>::parse("2").unwrap(), Duration::from_hours(2));
    }

    #[test]
    fn lists_have_at_least_one_entry() {
        assert_eq!(List::<Port>::parse(" 1, 2,").unwrap(), [1, 2]);
        assert_eq!(List::<Port>::parse("1,b"), Err("\"b\"".to_owned()));
        assert!(List::<Port>::parse(",").is_err());
        assert_eq!(List::<Port>::default(""), []);
        assert_eq!(List::<Port>::default("1,2"), [1, 2]);
    }

    #[test]
    fn project_ids_are_those_of_google_cloud() {
        for text in ["sample-project", "abc123", "example.com:sample-1"] {
            assert_eq!(ProjectId::parse(text).unwrap(), text);
        }
        for text in [
            "projects/sample-project",
            "My_Project",
            "sample project",
            "short",
            "123456789012",
            "sample-",
            "-sample",
            ":sample",
        ] {
            assert!(ProjectId::parse(text).is_err(), "{text}");
        }
        assert!(ProjectId::parse(&"a".repeat(31)).is_err());
    }
}
