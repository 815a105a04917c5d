//! Addresses of third-party services.

use reqwest::Url;
use settings::Kind;
use settings::kinds::quoted;

/// The beginning of a service's URLs: scheme, host, and perhaps port and path. Ends without a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is no base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an http or https URL without user, query and fragment")]
pub struct InvalidBaseUrl;

impl BaseUrl {
    /// `https` at a host, which must be [plausible](is_host).
    pub fn of_host(host: &str) -> Self {
        Self(format!("https://{host}"))
    }

    /// The URL of a path, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url: Url = text.parse().map_err(|_| InvalidBaseUrl)?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if is_http && is_bare && url.fragment().is_none() {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidBaseUrl)
        }
    }
}

/// The text may hold a password, so errors do not show it.
impl Kind for BaseUrl {
    type Value = Self;
    const EXPECTED: &str = "a URL such as https://proxy.example, without user, query and fragment";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "something else".to_owned())
    }
}

/// A DNS name, without scheme and path.
pub struct Host;

impl Kind for Host {
    type Value = String;
    const EXPECTED: &str = "a host name, without https:// and path";

    fn parse(text: &str) -> Result<String, String> {
        if is_host(text) { Ok(text.to_owned()) } else { Err(quoted(text)) }
    }
}

/// Whether a text is a DNS name (<https://www.rfc-editor.org/rfc/rfc1123#section-2>), and so cannot lead a token
/// anywhere else.
pub fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, is_host};

    #[test]
    fn a_base_url_ends_without_a_slash() {
        for (text, url) in [
            ("https://proxy.example/", "https://proxy.example/x"),
            ("http://127.0.0.1:8210", "http://127.0.0.1:8210/x"),
            ("https://proxy.example/df/", "https://proxy.example/df/x"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().join("/x"), url);
        }
        for text in
            ["proxy.example", "ftp://proxy.example", "https://u:p@proxy.example", "https://a/?b", "https://a/#b"]
        {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_is_nothing_but_a_host() {
        assert!(is_host("login.salesforce.com") && is_host("localhost"));
        for text in
            ["", "a..b", "a/b", "a@b", "a:1", "a?b", "a#b", "-a", "https://a", "a b", "a\n", "ä.example", "a.example."]
        {
            assert!(!is_host(text), "{text:?}");
        }
    }
}
