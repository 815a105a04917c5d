//! The scheme of a token.

/// A token without the word `Bearer`, in any case, in front (RFC 6750).
pub(super) fn without_bearer(token: &str) -> &str {
    match token.split_at_checked(7) {
        Some((word, rest)) if word.eq_ignore_ascii_case("bearer ") => rest.trim_start(),
        None if token.eq_ignore_ascii_case("bearer") => "",
        _ => token,
    }
}
