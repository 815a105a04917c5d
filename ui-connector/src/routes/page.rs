//! The agent desktop console, as `build.rs` has embedded it.

use axum::Router;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use server::util::{hex, sha256};

include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The console loads nothing but its own files and talks to its own origin alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page in place of a console that was not built.
const UNBUILT: &[u8] = include_bytes!("unbuilt.html");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
}

#[derive(Clone, Copy)]
struct ConsoleFile {
    name: &'static str,
    plain: &'static [u8],
    /// Empty if there is none.
    packed: &'static [u8],
}

/// Routes for `/`, and below `/console/` for the files that the page loads.
pub(super) fn console<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files = FILES.iter().map(|(name, plain, packed)| ConsoleFile { name, plain, packed });
    let unbuilt = ConsoleFile { name: "index.html", plain: UNBUILT, packed: &[] };
    let files: Vec<_> = if FILES.is_empty() { vec![unbuilt] } else { files.collect() };
    files.into_iter().fold(Router::new(), |router, file| {
        let tags = Tags::of(file);
        router.route(&path(file.name), get(async move |headers: HeaderMap| serve(file, &tags, &headers)))
    })
}

fn path(name: &str) -> String {
    if name == "index.html" { "/".to_owned() } else { format!("/console/{name}") }
}

/// The entity tags of a file. Each coding has its own (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3>).
#[derive(Clone)]
struct Tags {
    plain: String,
    packed: String,
}

impl Tags {
    fn of(file: ConsoleFile) -> Self {
        let tag = |bytes| format!("\"{}\"", hex(&sha256(bytes)[..16]));
        Self { plain: tag(file.plain), packed: tag(file.packed) }
    }
}

fn serve(file: ConsoleFile, tags: &Tags, request: &HeaderMap) -> Response {
    let coding = if takes_gzip(request) && !file.packed.is_empty() { Coding::Gzip } else { Coding::Identity };
    let tag = if coding == Coding::Gzip { &tags.packed } else { &tags.plain };
    let headers = [
        (ETAG, tag.as_str()),
        (CACHE_CONTROL, caching(file.name)),
        (VARY, "accept-encoding"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    if is_known(tag, request) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = (CONTENT_TYPE, kind(file.name));
    match coding {
        Coding::Gzip => (headers, [kind, (CONTENT_ENCODING, "gzip")], file.packed).into_response(),
        Coding::Identity => (headers, [kind], file.plain).into_response(),
    }
}

/// Whether the client has this representation already (<https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2>).
fn is_known(tag: &str, request: &HeaderMap) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let accepted = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Names of assets hold a hash of their content.
fn caching(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_accept_encoding() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate,gzip"));
        assert!(!takes("") && !takes("br") && !takes("gzip;q=0") && !takes("x-gzip-like"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
