//! Paths that are unambiguous, however often a server on the way decodes them.

use percent_encoding::percent_decode;

/// What must not appear when a segment is decoded: it would begin another segment, a query or a fragment, or is read
/// differently by different servers.
const FORBIDDEN: &[u8] = b"/\\?#;";

/// Whether a path can be sent on as it is. It consists of characters that a path may have
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-3.3>), without empty segments, and decoded once or twice no segment
/// is a step up or anything but a segment.
pub(super) fn is_plain(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain_segment))
}

fn is_plain_segment(segment: &str) -> bool {
    let once: Vec<u8> = percent_decode(segment.as_bytes()).collect();
    let twice: Vec<u8> = percent_decode(&once).collect();
    let is_written_well = !segment.is_empty() && segment.bytes().all(may_stand) && escapes_are_whole(segment);
    is_written_well && [segment.as_bytes(), &once, &twice].into_iter().all(is_harmless)
}

fn is_harmless(segment: &[u8]) -> bool {
    let is_step = matches!(segment, b"." | b"..");
    !is_step && !segment.iter().any(|byte| byte.is_ascii_control() || FORBIDDEN.contains(byte))
}

const fn may_stand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&')
        || matches!(byte, b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

/// Every percent sign is followed by two hexadecimal digits.
fn escapes_are_whole(segment: &str) -> bool {
    segment.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn ordinary_paths_are_plain() {
        for path in ["/v2/a:b", "/a%20b%C3%A9", "/a%2520b", "/a.b/..c/d..", "/a@b/(c)'d'", "/~a_b-c"] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn tricks_are_not() {
        let tricks = [
            "",
            "a",
            "/",
            "//a",
            "/a//b",
            "/a/",
            "/.",
            "/..",
            "/a/../b",
            "/%2e",
            "/%2E%2e",
            "/.%2e",
            "/%252e%252e",
            "/%25%32%65.",
            "/a%2fb",
            "/a%2Fb",
            "/a%252fb",
            "/a%5cb",
            "/a\\b",
            "/a%3Fb",
            "/a%3fb",
            "/a%23b",
            "/a%253f",
            "/a;b",
            "/a%3bb",
            "/..;/b",
            "/a%00",
            "/a%0d%0ab",
            "/a%250d",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a b",
            "/a\"b",
            "/a<b",
            "/a|b",
            "/a^b",
            "/a`b",
            "/a{b}",
            "/ä",
        ];
        for path in tricks {
            assert!(!is_plain(path), "{path}");
        }
    }
}
