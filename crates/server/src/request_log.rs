//! One log line for each request, in the form that Cloud Logging gives a meaning to
//! (<https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest>).

use std::time::Instant;

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, USER_AGENT};
use axum::http::{HeaderMap, Method, StatusCode, Version};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tracing::Level;

use crate::address::ClientAddress;
use crate::trace::{self, Trace};

const TARGET: &str = "request";
/// Counts requests, by method, route and status.
pub const HTTP_REQUESTS: &str = "agent_assist_http_requests_total";
/// Bytes after which paths and user agents are cut.
const MAX_TEXT: usize = 512;

/// Routes of probes, pushes and polls, whose requests are too frequent to be logged unless they fail.
#[derive(Debug, Clone, Copy)]
pub struct QuietRoutes(pub fn(&str) -> bool);

/// Logs and counts the requests to `router`: at INFO, but at DEBUG if they succeed at a `quiet` route, and at WARNING if the
/// server fails. A line contains neither query nor body nor any header but the user agent's.
pub fn log_requests(router: Router, quiet: QuietRoutes) -> Router {
    metrics::describe_counter!(HTTP_REQUESTS, "Requests, by method, route and status");
    router.layer(from_fn(move |request: Request, next: Next| observe(request, next, quiet)))
}

async fn observe(request: Request, next: Next, quiet: QuietRoutes) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let trace = Trace::of(request.headers());
    let asked = Asked::of(&request);
    let work = async {
        let response = next.run(request).await;
        asked.log(&response, level(response.status(), route.as_ref(), quiet));
        response
    };
    let response = match trace {
        Some(trace) => trace::CURRENT.scope(trace, work).await,
        None => work.await,
    };
    count(&asked.method, route.as_ref(), response.status());
    response
}

fn level(status: StatusCode, route: Option<&MatchedPath>, quiet: QuietRoutes) -> Level {
    let is_quiet = route.is_some_and(|route| (quiet.0)(route.as_str()));
    match status {
        status if status.is_server_error() => Level::WARN,
        status if is_quiet && !status.is_client_error() => Level::DEBUG,
        _ => Level::INFO,
    }
}

fn count(method: &Method, route: Option<&MatchedPath>, status: StatusCode) {
    // Methods and routes are few, whatever clients make up.
    let known = [Method::GET, Method::POST, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let method = if known.contains(method) { method.as_str().to_owned() } else { "other".to_owned() };
    let route = route.map_or("none".to_owned(), |route| route.as_str().to_owned());
    metrics::counter!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status.as_str().to_owned())
        .increment(1);
}

/// What a line says about a request.
struct Asked {
    started: Instant,
    method: Method,
    path: String,
    bytes: u64,
    user_agent: String,
    protocol: Version,
    client: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (headers, extensions) = (request.headers(), request.extensions());
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            path: shortened(request.uri().path()),
            bytes: length(headers),
            user_agent: shortened(user_agent),
            protocol: request.version(),
            client: ClientAddress::of(extensions, headers).map(|client| client.0.to_string()).unwrap_or_default(),
        }
    }

    /// Writes the line. Cloud Logging takes sizes and durations as texts, because they may have 64 bits.
    fn log(&self, response: &Response, level: Level) {
        let (latency, Self { method, path, .. }) = (self.started.elapsed(), self);
        let size = response.body().size_hint().exact().unwrap_or_else(|| length(response.headers()));
        // The level of a line is part of its static description, so there is a line for each.
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: TARGET,
                    $level,
                    http.requestMethod = %method,
                    http.requestUrl = %path,
                    http.status = response.status().as_u16(),
                    http.latency = %format_args!("{}.{:06}s", latency.as_secs(), latency.subsec_micros()),
                    http.requestSize = %self.bytes,
                    http.responseSize = %size,
                    http.userAgent = self.user_agent,
                    http.remoteIp = %self.client,
                    http.protocol = ?self.protocol,
                    "{method} {path}"
                )
            };
        }
        match level {
            Level::WARN => line!(Level::WARN),
            Level::INFO => line!(Level::INFO),
            _ => line!(Level::DEBUG),
        }
    }
}

/// The length that the headers announce; 0 if they do not.
fn length(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}
