//! A desktop's request and Dialogflow's answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::response::IntoResponse;
use axum::routing::any;
use bytes::Bytes;
use server::authorization::authorization;
use server::body::BodyBudget;

use super::error::Error;
use super::offer::Call;
use super::settings::DialogflowSettings;
use super::upstream::{Upstream, UpstreamCall};
use super::{headers, json_body, path};
use crate::auth::token::TokenKeys;
use crate::google::credentials::AccessTokens;
use crate::metrics;

/// How long a desktop may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What all calls share.
pub(crate) struct Proxy {
    upstream: Upstream,
    google: Arc<dyn AccessTokens>,
    tokens: Arc<TokenKeys>,
    project: String,
    bodies: BodyBudget,
}

impl Proxy {
    /// A proxy for one project, which asks as `google`.
    ///
    /// # Errors
    /// If the system's certificates cannot be used.
    pub(crate) fn new(
        settings: &DialogflowSettings,
        project: &str,
        tokens: Arc<TokenKeys>,
        google: Arc<dyn AccessTokens>,
    ) -> Result<Arc<Self>, rustls::Error> {
        let upstream = Upstream::new(settings)?;
        let bodies = BodyBudget::new(settings.max_body, settings.max_bodies, BODY_TIME);
        Ok(Arc::new(Self { upstream, google, tokens, project: project.to_owned(), bodies }))
    }
}

/// The routes of both versions. Which paths below them are offered is looked up in the path as it was sent.
pub(crate) fn router(proxy: Arc<Proxy>) -> Router {
    Router::new().route("/v2/{*rest}", any(forward)).route("/v2beta1/{*rest}", any(forward)).with_state(proxy)
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let started = Instant::now();
    let answer = proxy.call(&parts, body).await.unwrap_or_else(IntoResponse::into_response);
    let method = Call::parse(parts.uri.path()).map_or("other", |call| call.group());
    metrics::call(method, answer.status().as_u16(), started);
    answer
}

impl Proxy {
    async fn call(&self, parts: &Parts, body: Body) -> Result<Response<Body>, Error> {
        let call = Call::parse(parts.uri.path()).ok_or(Error::NoSuchPath)?;
        call.check(&parts.method)?;
        self.tokens.verify(authorization(&parts.headers))?;
        let upstream_call = self.checked(&call, parts, body).await?;
        let authorization = self.google.authorization().await?;
        let mut answer = self.upstream.send(upstream_call, authorization).await?;
        headers::strip_for_desktop(answer.headers_mut());
        Ok(answer)
    }

    /// The call as it goes to Dialogflow, if it may.
    async fn checked(&self, call: &Call<'_>, parts: &Parts, body: Body) -> Result<UpstreamCall, Error> {
        if !path::is_plain(parts.uri.path()) {
            return Err(Error::Path);
        }
        // A client may send the colon of an old project's id as %3A (<https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2>).
        if call.project.replace("%3A", ":").replace("%3a", ":") != self.project {
            return Err(Error::OtherProject);
        }
        let location = call.location.parse().map_err(|_| Error::Location)?;
        let mut headers = headers::for_dialogflow(&parts.headers);
        let body = if call.takes_body(&parts.method) {
            json_body::read(&self.bodies, &parts.headers, body).await?
        } else {
            Bytes::new()
        };
        if body.is_empty() {
            headers.remove(CONTENT_TYPE);
        }
        let path_and_query = path_and_query(parts)?;
        Ok(UpstreamCall { method: parts.method.clone(), location, path_and_query, headers, body })
    }
}

/// An empty query is none.
fn path_and_query(parts: &Parts) -> Result<PathAndQuery, Error> {
    let whole = parts.uri.path_and_query().ok_or(Error::Path)?;
    if whole.query() == Some("") { whole.path().parse().map_err(|_| Error::Path) } else { Ok(whole.clone()) }
}
