//! What the values of some variables look like.

use std::fs;

use axum::http::HeaderValue;
use serde_json::Value;
use server::client::is_protected;
use settings::Kind;
use settings::kinds::quoted;

/// An id of 15 characters, of which case matters, or of 18, of which the last three are a checksum of the case
/// (<https://help.salesforce.com/s/articleView?id=000383751>). Setup pages show the one, interfaces return the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationId(String);

impl OrganizationId {
    const SHORT: usize = 15;
    const LONG: usize = 18;

    /// Whether both name the same organization.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let both_long = self.0.len() == Self::LONG && other.0.len() == Self::LONG;
        if both_long { self.0 == other.0 } else { self.0[..Self::SHORT] == other.0[..Self::SHORT] }
    }
}

/// An id of either length.
impl Kind for OrganizationId {
    type Value = Self;
    const EXPECTED: &str = "15 or 18 peer_messages and digits";

    fn parse(text: &str) -> Result<Self, String> {
        let is_long_enough = matches!(text.len(), Self::SHORT | Self::LONG);
        let is_id = is_long_enough && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id { Ok(Self(text.to_owned())) } else { Err(quoted(text)) }
    }
}

/// The SID of a Twilio account.
pub struct AccountSid;

impl Kind for AccountSid {
    type Value = String;
    const EXPECTED: &str = "AC and 32 hexadecimal digits";

    fn parse(text: &str) -> Result<String, String> {
        let is_sid = |rest: &str| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.strip_prefix("AC").is_some_and(is_sid) { Ok(text.to_owned()) } else { Err(quoted(text)) }
    }
}

/// The URL of an issuer of tokens, as it is written.
pub struct Issuer;

impl Kind for Issuer {
    type Value = String;
    const EXPECTED: &str = "an https URL without query";

    fn parse(text: &str) -> Result<String, String> {
        let is_usable = text.parse().is_ok_and(|url: reqwest::Url| is_protected(&url) && url.query().is_none());
        if is_usable { Ok(text.to_owned()) } else { Err(quoted(text)) }
    }
}

/// The pages that may call the HTTP routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every page.
    Any,
    /// Pages of these origins.
    Only(Vec<HeaderValue>),
}

/// `*`, or origins: scheme, host and port, without a path (<https://www.rfc-editor.org/rfc/rfc6454#section-6.2>).
pub struct Origins;

impl Kind for Origins {
    type Value = AllowedOrigins;
    const EXPECTED: &str = "*, or origins such as https://desktop.example; several with commas between them";

    fn parse(text: &str) -> Result<AllowedOrigins, String> {
        let origins: Vec<_> = text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        if origins.contains(&"*") {
            return Ok(AllowedOrigins::Any);
        }
        let is_host = |host: &str| !host.is_empty() && !host.contains('/');
        let is_origin =
            |text: &str| text.split_once("://").is_some_and(|(scheme, host)| !scheme.is_empty() && is_host(host));
        let value = |text: &str| HeaderValue::from_str(text).ok().filter(|_| is_origin(text) && text.is_ascii());
        let values = origins.into_iter().map(|origin| value(origin).ok_or_else(|| quoted(origin)));
        values.collect::<Result<_, _>>().map(AllowedOrigins::Only)
    }
}

/// The file that `GOOGLE_APPLICATION_CREDENTIALS` names (<https://cloud.google.com/docs/authentication/application-default-credentials#GAC>). The library
/// that uses it reads it by itself.
pub struct CredentialsFile;

impl Kind for CredentialsFile {
    type Value = ();
    const EXPECTED: &str = "a file with Google credentials in JSON; leave it empty to use the metadata server";

    fn parse(text: &str) -> Result<(), String> {
        let file = fs::read(text).map_err(|error| format!("{text} ({error})"))?;
        let is_usable = serde_json::from_slice(&file).is_ok_and(|file: Value| file["type"].is_string());
        if is_usable { Ok(()) } else { Err(format!("{text}, which has no credentials")) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind as _, OrganizationId};

    fn same(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|id| OrganizationId::parse(id).unwrap());
        one.is_same_as(&other)
    }

    #[test]
    fn both_lengths_of_one_id_are_equal() {
        assert!(same("00D5g00000ABCde", "00D5g00000ABCdeEAH"));
        assert!(same("00D5g00000ABCdeEAH", "00D5g00000ABCde"));
        assert!(same("00D5g00000ABCde", "00D5g00000ABCde"));
        assert!(!same("00D5g00000ABCde", "00D5g00000ABCDE"));
        assert!(!same("00D5g00000ABCdeEAH", "00D5g00000ABCdeEAI"));
    }

    #[test]
    fn a_part_of_an_id_is_no_id() {
        for text in [
            "",
            "00D",
            "00D5g00000ABCd",
            "00D5g00000ABCdeE",
            "00D5g00000ABCdeEAHx",
            "00D5g00000ABC-e",
            "00D5g00000ABCd\u{e9}",
        ] {
            assert!(OrganizationId::parse(text).is_err(), "{text}");
        }
    }
}
