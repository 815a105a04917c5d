use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, VARY, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The console loads nothing but its own files and talks to its own origin alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is served in the place of a console that was not built.
const UNBUILT: &[u8] = include_bytes!("unbuilt.html");

#[derive(Clone, Copy)]
struct File {
    name: &'static str,
    plain: &'static [u8],
    /// Empty if there is none.
    packed: &'static [u8],
}

/// The agent desktop console: `/`, and below `/console/` what it loads.
pub(super) fn console<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files = FILES.iter().map(|(name, plain, packed)| File { name, plain, packed });
    let unbuilt = File { name: "index.html", plain: UNBUILT, packed: &[] };
    let files: Vec<_> = if FILES.is_empty() { vec![unbuilt] } else { files.collect() };
    files.into_iter().fold(Router::new(), |router, file| {
        router.route(&path(file.name), get(async move |headers: HeaderMap| serve(file, &headers)))
    })
}

fn path(name: &str) -> String {
    if name == "index.html" { "/".to_owned() } else { format!("/console/{name}") }
}

fn serve(file: File, request: &HeaderMap) -> Response {
    let headers = [
        (CONTENT_TYPE, kind(file.name)),
        (CACHE_CONTROL, caching(file.name)),
        (VARY, "accept-encoding"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    if takes_gzip(request) && !file.packed.is_empty() {
        return (headers, [(CONTENT_ENCODING, "gzip")], file.packed).into_response();
    }
    (headers, file.plain).into_response()
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
    fn gzip_is_sent_to_those_who_take_it() {
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
