//! What providers answer.

use axum::http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::{Map, Value};
use server::client::ask;

use crate::auth::provider::Refusal;

/// The members of a JSON object.
pub(super) type Members = Map<String, Value>;

/// Asks a provider that answers a good token with a JSON object.
///
/// # Errors
/// [`Refusal`] for every other answer.
pub(super) async fn members(request: RequestBuilder) -> Result<Members, Refusal> {
    let answer = accepted(request).await?;
    serde_json::from_slice(&answer).map_err(|_| Refusal::Denied("the answer is no JSON object".into()))
}

/// Asks a provider whose answer's status says it all. What comes back is the body.
///
/// # Errors
/// [`Refusal`] for every status but 2xx. A redirect is one: whoever can sign in there has not done so here.
pub(super) async fn accepted(request: RequestBuilder) -> Result<axum::body::Bytes, Refusal> {
    let answer = ask(request).await?;
    match answer.status {
        status if status.is_success() => Ok(answer.body),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Refusal::Unavailable(format!("it answered {}", status.as_u16())))
        }
        status => Err(Refusal::Denied(format!("the provider answered {}", status.as_u16()))),
    }
}

/// The text of a member, unless it is missing, empty or no text.
pub(super) fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
