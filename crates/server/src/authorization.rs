//! The header `Authorization` (<https://www.rfc-editor.org/rfc/rfc6750#section-2.1>).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// Returns the value of the header, without white space around it; empty if there is none.
pub fn authorization(headers: &HeaderMap) -> &str {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// Returns the token behind the word `Bearer`, in any case; nothing without that word or without a token.
pub fn bearer(value: &str) -> Option<&str> {
    let (word, token) = value.split_once(' ')?;
    Some(token.trim_start()).filter(|token| word.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

/// Returns a token without the word `Bearer` that may precede it.
pub fn without_bearer(value: &str) -> &str {
    let value = value.trim();
    if value.eq_ignore_ascii_case("bearer") { "" } else { bearer(value).unwrap_or(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_bearer_is_optional_for_some_and_not_for_others() {
        for (value, token) in
            [("Bearer t", "t"), ("bearer  t", "t"), ("t", "t"), ("Bearer ", ""), ("Basic t", "Basic t")]
        {
            assert_eq!(without_bearer(value), token, "{value}");
        }
        assert_eq!(["BEARER t", "t", "Bearer", "Basic t"].map(bearer), [Some("t"), None, None, None]);
    }
}
