//! The HTTP client for third-party APIs: short, bounded, and never redirected.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use settings::Kind;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// How long a request may take, a second attempt included.
const ANSWER_TIME: Duration = Duration::from_secs(8);
/// Maximum size of an answer.
const MAX_ANSWER: usize = 256 * 1024;
/// How long an unused connection is kept.
const IDLE_TIME: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Answer {
    /// The status. A redirect is an answer like others.
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer. The text names hosts, never headers or bodies.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("no answer within {ANSWER_TIME:?}")]
    Timeout,
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    #[error("the response is larger than {MAX_ANSWER} bytes")]
    TooLarge,
}

/// A client that follows no redirects, keeps no cookies and presents nothing but what it is given.
///
/// # Errors
/// [`reqwest::Error`] if TLS cannot be set up.
pub fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIME)
        .pool_idle_timeout(IDLE_TIME)
        .referer(false)
        .user_agent(concat!("agent-assist-backend/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Whether what is sent to a URL travels over TLS, or does not leave this machine.
pub fn is_protected(url: &Url) -> bool {
    let is_loopback = || match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback())
}

/// An `https` URL, or an `http` URL of this machine. It may hold a secret, so errors do not show it.
pub struct ProtectedUrl;

impl Kind for ProtectedUrl {
    type Value = Url;
    const EXPECTED: &str = "an https URL";

    fn parse(text: &str) -> Result<Url, String> {
        text.parse().ok().filter(is_protected).ok_or_else(|| "something else".to_owned())
    }
}

/// Asks, and once more if the connection failed.
///
/// # Errors
/// [`AskError`] if there is no answer of usable size in time.
pub async fn ask(request: RequestBuilder) -> Result<Answer, AskError> {
    let again = request.try_clone();
    let attempts = async {
        match (attempt(request).await, again) {
            (Err(AskError::Connection(_)), Some(again)) => attempt(again).await,
            (first, _) => first,
        }
    };
    tokio::time::timeout(ANSWER_TIME, attempts).await.unwrap_or(Err(AskError::Timeout))
}

async fn attempt(request: RequestBuilder) -> Result<Answer, AskError> {
    let mut response = request.send().await.map_err(connection)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    Ok(Answer { status, headers, body: whole(response).await? })
}

async fn whole(mut response: Response) -> Result<Bytes, AskError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(connection)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// URLs may contain secrets.
fn connection(error: reqwest::Error) -> AskError {
    AskError::Connection(error.without_url())
}
