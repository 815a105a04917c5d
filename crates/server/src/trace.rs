//! The trace that a request belongs to, by which its log lines are found together.

use axum::http::HeaderMap;

/// The header of Google's front end (<https://cloud.google.com/trace/docs/trace-context#legacy-http-header>).
const CLOUD_TRACE: &str = "x-cloud-trace-context";
/// The standard header (<https://www.w3.org/TR/trace-context/#traceparent-header>).
const TRACEPARENT: &str = "traceparent";

tokio::task_local! {
    /// The trace of the request that the current task is about.
    pub(crate) static CURRENT: Trace;
}

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    /// 32 hexadecimal digits.
    pub(crate) id: String,
    /// 16 hexadecimal digits.
    pub(crate) span: Option<String>,
    pub(crate) sampled: bool,
}

impl Trace {
    /// The trace that a request's headers name; the standard one first.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        text(TRACEPARENT).and_then(standard).or_else(|| text(CLOUD_TRACE).and_then(google))
    }
}

/// `00-<trace>-<span>-<flags>`
fn standard(text: &str) -> Option<Trace> {
    let mut parts = text.trim().split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let is_whole = version.len() == 2 && version != "ff" && is_hex(id, 32) && is_hex(span, 16);
    is_whole.then(|| Trace { id: id.to_owned(), span: Some(span.to_owned()), sampled: flags & 1 == 1 })
}

/// `<trace>[/<span in decimal>][;o=<0 or 1>]`
fn google(text: &str) -> Option<Trace> {
    let (place, options) = text.split_once(';').unwrap_or((text, ""));
    let (id, span) = place.split_once('/').unwrap_or((place, ""));
    let span = span.parse::<u64>().ok().filter(|span| *span != 0).map(|span| format!("{span:016x}"));
    is_hex(id, 32).then(|| Trace { id: id.to_ascii_lowercase(), span, sampled: options == "o=1" })
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0af7651916cd43dd8448eb211c80319c";

    fn of(name: &'static str, value: &str) -> Option<(String, Option<String>, bool)> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Trace::of(&headers).map(|trace| (trace.id, trace.span, trace.sampled))
    }

    #[test]
    fn both_headers_are_read() {
        let span = Some("b7ad6b7169203331".to_owned());
        assert_eq!(of(TRACEPARENT, &format!("00-{ID}-b7ad6b7169203331-01")), Some((ID.into(), span, true)));
        let span = Some("000000000000007b".to_owned());
        assert_eq!(of(CLOUD_TRACE, &format!("{ID}/123;o=1")), Some((ID.into(), span.clone(), true)));
        assert_eq!(of(CLOUD_TRACE, &format!("{ID}/123")), Some((ID.into(), span, false)));
        assert_eq!(of(CLOUD_TRACE, ID), Some((ID.into(), None, false)));
    }

    #[test]
    fn garbage_is_no_trace() {
        for value in [
            "",
            "00",
            "00-x-y-01",
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("ff-{ID}-b7ad6b7169203331-01"),
        ] {
            assert_eq!(of(TRACEPARENT, value), None, "{value}");
        }
        for value in ["", "/1;o=1", "abc/1", "g0000000000000000000000000000000/1"] {
            assert_eq!(of(CLOUD_TRACE, value), None, "{value}");
        }
    }
}
