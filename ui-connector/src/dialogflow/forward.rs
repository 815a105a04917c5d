//! A desktop's request and Dialogflow's answer.

use std::sync::Arc;
use std::time::Instant;

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

use super::error::Error;
use super::methods::Call;
use super::upstream::UpstreamCall;
use super::{headers, json_body, path};
use crate::auth::authenticated::Authenticated;
use crate::metrics;
use crate::state::App;

/// The routes of both versions. The offered methods are looked up in the path as the client sent it.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/v2/{*rest}", any(forward)).route("/v2beta1/{*rest}", any(forward))
}

async fn forward(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let started = Instant::now();
    let call = Call::parse(parts.uri.path());
    let answer = match &call {
        Some(call) => answer(&app, call, &parts, body).await,
        None => Err(Error::NoSuchPath),
    };
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    metrics::call(call.map_or("other", |call| call.label()), answer.status().as_u16(), started);
    answer
}

async fn answer(app: &App, call: &Call<'_>, parts: &Parts, body: Body) -> Result<Response<Body>, Error> {
    call.check(&parts.method)?;
    Authenticated::verify(app, &parts.headers)?;
    let upstream_call = checked(app, call, parts, body).await?;
    let authorization = app.google.authorization().await?;
    let mut answer = app.dialogflow.send(upstream_call, authorization).await?;
    headers::strip_for_desktop(answer.headers_mut());
    Ok(answer)
}

/// Returns the call as it is sent to Dialogflow, if it is allowed.
async fn checked(app: &App, call: &Call<'_>, parts: &Parts, body: Body) -> Result<UpstreamCall, Error> {
    if !path::is_plain(parts.uri.path()) {
        return Err(Error::Path);
    }
    // A client may send the colon of an old project's id as %3A (<https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2>).
    if call.project.replace("%3A", ":").replace("%3a", ":") != app.settings.project {
        return Err(Error::OtherProject);
    }
    let location = call.location.parse().map_err(|_| Error::Location)?;
    let mut headers = headers::for_dialogflow(&parts.headers);
    let body = if call.takes_body(&parts.method) {
        json_body::read(&app.bodies, &parts.headers, body).await?
    } else {
        Bytes::new()
    };
    if body.is_empty() {
        headers.remove(CONTENT_TYPE);
    }
    let path_and_query = path_and_query(parts)?;
    Ok(UpstreamCall { method: parts.method.clone(), location, path_and_query, headers, body })
}

/// An empty query is none.
fn path_and_query(parts: &Parts) -> Result<PathAndQuery, Error> {
    let whole = parts.uri.path_and_query().ok_or(Error::Path)?;
    if whole.query() == Some("") { whole.path().parse().map_err(|_| Error::Path) } else { Ok(whole.clone()) }
}
