//! Dialogflow itself.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::uri::{InvalidUri, PathAndQuery};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use server::body::BodyBudget;
use tower_http::timeout::TimeoutBody;

use super::error::Error;
use super::settings::DialogflowSettings;
use crate::base_url::BaseUrl;
use crate::google::location::Location;

/// How long a desktop may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// After which time an unused connection is closed. Google closes its own after some minutes.
const IDLE_TIME: Duration = Duration::from_mins(1);
/// Unused connections that are kept to each host.
const IDLE_CONNECTIONS: usize = 64;

/// Returns the budget of the bodies that desktops send.
pub(crate) fn body_budget(settings: &DialogflowSettings) -> BodyBudget {
    BodyBudget::new(settings.max_body, settings.max_bodies, BODY_TIME)
}

/// A call as it is sent to Dialogflow.
pub(super) struct UpstreamCall {
    pub(super) method: Method,
    pub(super) location: Location,
    /// As the desktop sent them.
    pub(super) path_and_query: PathAndQuery,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The connections to Dialogflow. It follows no redirects and keeps no cookies.
///
/// Not the HTTP client of the providers: reqwest encodes some characters of a query anew, and here they must pass unchanged.
pub(crate) struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    endpoint: Option<BaseUrl>,
    timeout: Duration,
}

impl Upstream {
    /// Makes no connection yet.
    ///
    /// # Errors
    /// If the system's certificates cannot be used.
    pub(crate) fn new(settings: &DialogflowSettings) -> Result<Self, rustls::Error> {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIME));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier()?;
        let connector = tls.https_or_http().enable_all_versions().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { client, endpoint: settings.endpoint.clone(), timeout: settings.timeout })
    }

    /// Sends a call. The answer's body comes as Dialogflow sends it, and ends if nothing comes for too long.
    pub(super) async fn send(&self, call: UpstreamCall, authorization: HeaderValue) -> Result<Response<Body>, Error> {
        let uri = self.uri(&call).map_err(|_| Error::Path)?;
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let answer = tokio::time::timeout(self.timeout, self.client.request(request));
        let answer = answer.await.map_err(|_| Error::Timeout)??;
        Ok(answer.map(|body| Body::new(TimeoutBody::new(self.timeout, body))))
    }

    fn uri(&self, call: &UpstreamCall) -> Result<Uri, InvalidUri> {
        let base = self.endpoint.clone().unwrap_or_else(|| google(&call.location));
        base.join(call.path_and_query.as_str()).parse()
    }
}

/// <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview#service-endpoint>
fn google(location: &Location) -> BaseUrl {
    if location.is_global() {
        BaseUrl::of_host("dialogflow.googleapis.com")
    } else {
        BaseUrl::of_host(&format!("{location}-dialogflow.googleapis.com"))
    }
}

#[cfg(test)]
mod tests {
    use super::google;

    #[test]
    fn every_location_has_its_host() {
        for (location, base) in [
            ("global", "https://dialogflow.googleapis.com"),
            ("us", "https://us-dialogflow.googleapis.com"),
            ("europe-west3", "https://europe-west3-dialogflow.googleapis.com"),
        ] {
            assert_eq!(google(&location.parse().unwrap()).as_str(), base);
        }
    }
}
