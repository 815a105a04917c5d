//! `/register` and `/register-app`: tokens for agents and applications that the identity provider admits.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use server::address::ClientAddress;
use server::authorization::authorization;
use server::load::overloaded;
use server::telemetry::causes;

use crate::auth::provider::{Admission, PlatformToken, Refusal};
use crate::auth::providers::{AccountCredentials, DenyAll};
use crate::metrics;
use crate::state::App;

/// Maximum length of a user name.
const MAX_USER_BYTES: usize = 1024;
/// Seconds after which a provider that could not be reached may be asked again.
const RETRY_SECONDS: &str = "5";

/// The kind of caller, which decides the words of the answer.
#[derive(Clone, Copy)]
enum Caller {
    Agent,
    Application,
}

/// Gives a token to an agent.
pub(super) async fn agent(
    State(app): State<Arc<App>>,
    client: CallerAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(wait) = app.refusals.wait(client.0) {
        return too_many(wait);
    }
    let token = PlatformToken::from_header(authorization(&headers));
    // Not before the body has been read: clients that send it slowly would hold all permits.
    let Ok(_permit) = app.logins.try_acquire() else { return overloaded() };
    let (provider, started) = (&app.settings.auth.agents, Instant::now());
    let verdict = provider.verify(&app.http, &token).await;
    metrics::login(provider.name(), result(&verdict), started);
    match verdict {
        Ok(admission) => issue(&app, user(&serde_json::from_slice(&body).unwrap_or_default()), admission),
        Err(refusal) => {
            if matches!(refusal, Refusal::Denied(_)) && !token.is_empty() {
                app.refusals.note(client.0);
            }
            refuse(Caller::Agent, provider.name(), &refusal)
        }
    }
}

/// Gives a token to an application.
pub(super) async fn application(State(app): State<Arc<App>>, client: CallerAddress, request: Request) -> Response {
    let Some(provider) = &app.settings.auth.applications else {
        return refuse(Caller::Application, DenyAll::NAME, &Refusal::Denied("APP_AUTH_OPTION is empty".into()));
    };
    if let Some(wait) = app.refusals.wait(client.0) {
        return too_many(wait);
    }
    let members = match Json::<Value>::from_request(request, &()).await {
        Ok(Json(members)) if members.is_object() => members,
        Err(JsonRejection::MissingJsonContentType(_)) => return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
        Ok(_) | Err(_) => return (StatusCode::BAD_REQUEST, "the body must be a JSON object").into_response(),
    };
    let user = user(&members);
    let Some(credentials) = read::<AccountCredentials>(members) else {
        return (StatusCode::BAD_REQUEST, "accountSid and authToken must be texts").into_response();
    };
    let Ok(_permit) = app.logins.try_acquire() else { return overloaded() };
    let started = Instant::now();
    let verdict = provider.verify(&app.http, &credentials).await;
    metrics::login("Twilio", result(&verdict), started);
    match verdict {
        Ok(admission) => issue(&app, user, admission),
        Err(refusal) => {
            if matches!(refusal, Refusal::Denied(_)) {
                app.refusals.note(client.0);
            }
            refuse(Caller::Application, "Twilio", &refusal)
        }
    }
}

/// The verdict as a label.
const fn result(verdict: &Result<Admission, Refusal>) -> &'static str {
    match verdict {
        Ok(_) => "admitted",
        Err(Refusal::Denied(_)) => "denied",
        Err(Refusal::Unreachable(_)) => "unreachable",
        Err(Refusal::Unavailable(_)) => "unavailable",
    }
}

/// Where the caller is, if known.
pub(super) struct CallerAddress(Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for CallerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().map(|ClientAddress(address)| *address)))
    }
}

/// The address has been refused too often lately.
fn too_many(wait: Duration) -> Response {
    metrics::refused_too_often();
    let seconds = wait.as_secs() + 1;
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())], "Too many attempts").into_response()
}

fn read<T: DeserializeOwned>(members: Value) -> Option<T> {
    serde_json::from_value(members).ok()
}

fn issue(app: &App, user: Result<String, &'static str>, admission: Admission) -> Response {
    let user = match user {
        Ok(user) => user,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    match app.settings.tokens.issue(&user, admission.until) {
        Ok(token) => ([(CACHE_CONTROL, "no-store")], Json(json!({"token": token}))).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to sign a token");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The response does not say why; the log does.
fn refuse(caller: Caller, provider: &'static str, refusal: &Refusal) -> Response {
    let (status, reason) = (status(refusal), causes(refusal).to_string());
    if matches!(refusal, Refusal::Denied(_)) {
        tracing::info!(provider, reason, "registration denied");
    } else {
        tracing::warn!(provider, error = reason, "identity provider request failed; registration refused");
    }
    let required = match caller {
        Caller::Agent => "valid token required",
        Caller::Application => "valid application level auth required",
    };
    let mut response = (status, [("Authentication", required)], "Could not authenticate user").into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static(RETRY_SECONDS));
    }
    response
}

/// A provider's own error is answered like a refusal, as by the original; only one that cannot be reached is not.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Denied(_) | Refusal::Unavailable(_) => StatusCode::UNAUTHORIZED,
        Refusal::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The user's name, empty unless the body is an object that has one. An unreadable body counts as none.
fn user(body: &Value) -> Result<String, &'static str> {
    match body {
        Value::Null => Ok(String::new()),
        Value::Object(members) => match members.get("gcp_agent_assist_user") {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(user)) if user.len() <= MAX_USER_BYTES => Ok(user.clone()),
            Some(_) => Err("gcp_agent_assist_user must be a text of at most 1024 bytes"),
        },
        _ => Err("the body must be a JSON object"),
    }
}
