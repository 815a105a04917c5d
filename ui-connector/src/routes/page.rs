use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;

/// The console loads nothing but its own files and talks to its own origin alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the console: where it is served, its type and its content.
struct File(&'static str, &'static str, &'static str);

const FILES: [File; 5] = [
    File("/", "text/html; charset=utf-8", include_str!("../../console/index.html")),
    File("/console/style.css", "text/css; charset=utf-8", include_str!("../../console/style.css")),
    File("/console/console.js", "text/javascript; charset=utf-8", include_str!("../../console/console.js")),
    File("/console/socket.js", "text/javascript; charset=utf-8", include_str!("../../console/socket.js")),
    File("/console/suggestions.js", "text/javascript; charset=utf-8", include_str!("../../console/suggestions.js")),
];

/// The agent desktop console.
pub(super) fn console<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let serve =
        |router: Router<S>, File(path, kind, content): File| router.route(path, get(async move || page(kind, content)));
    FILES.into_iter().fold(Router::new(), serve)
}

fn page(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    (headers, content)
}
