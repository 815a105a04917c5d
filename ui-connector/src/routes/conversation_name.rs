//! Which conversation belongs to a key that both sides of an integration know, such as the telephone
//! number of a caller.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use event::ConversationName;
use serde::Deserialize;
use serde_json::json;
use server::telemetry::causes;
use server::util::{hex, sha256};

use crate::auth::authenticated::Authenticated;
use crate::state::App;

/// How long a name is kept after it was stored.
const TTL: Duration = Duration::from_hours(24);
/// Longer keys are refused.
const MAX_KEY_BYTES: usize = 1024;

/// Why there is no answer of the usual form.
pub(super) enum Error {
    /// The key or the name is missing or not what it should be.
    Malformed,
    /// The body is not declared as JSON.
    NotJson,
    /// Nothing is stored under the key.
    Unknown,
    /// The store cannot be reached.
    Store(broker::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pair {
    conversation_integration_key: String,
    conversation_name: String,
}

/// Stores a pair for a while; the last one wins.
pub(super) async fn set(
    _: Authenticated,
    State(app): State<Arc<App>>,
    pair: Result<Json<Pair>, JsonRejection>,
) -> Result<Response, Error> {
    let Json(Pair { conversation_integration_key: key, conversation_name: name }) = pair?;
    let conversation: ConversationName = name.parse().map_err(|_| Error::Malformed)?;
    if key.is_empty() || key.len() > MAX_KEY_BYTES || conversation.project() != app.settings.project {
        return Err(Error::Malformed);
    }
    app.keys.set(&hashed(&key), name.as_bytes(), TTL).await?;
    Ok(Json(json!({ key: name })).into_response())
}

/// The name stored under a key; empty if there is none.
pub(super) async fn get(
    _: Authenticated,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    for key in spellings(query.as_deref())? {
        if let Some(name) = app.keys.get(&hashed(&key)).await? {
            return Ok(Json(json!({"conversationName": String::from_utf8_lossy(&name)})).into_response());
        }
    }
    Ok(Json(json!({"conversationName": ""})).into_response())
}

/// Deletes the pair of a key.
pub(super) async fn delete(
    _: Authenticated,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<&'static str, Error> {
    for key in spellings(query.as_deref())? {
        if app.keys.delete(&hashed(&key)).await? {
            return Ok("Success");
        }
    }
    Err(Error::Unknown)
}

/// Keys are personal data, so the store holds their hashes. Other services compute the same.
fn hashed(key: &str) -> String {
    hex(&sha256(key.as_bytes()))
}

/// The keys that a query may mean, the likeliest first. A plus stands for a space
/// (<https://url.spec.whatwg.org/#urlencoded-parsing>), but some clients send telephone numbers as
/// they are, and what lies between may have turned the plus into a space already.
fn spellings(query: Option<&str>) -> Result<Vec<String>, Error> {
    let query = query.unwrap_or_default();
    let mut keys: Vec<String> = [query, &query.replace('+', "%2B")].into_iter().filter_map(key).collect();
    keys.extend(keys.first().and_then(|key| key.strip_prefix(' ')).map(|number| format!("+{number}")));
    keys.dedup();
    match keys.first() {
        Some(key) if !key.is_empty() && key.len() <= MAX_KEY_BYTES => Ok(keys),
        _ => Err(Error::Malformed),
    }
}

fn key(query: &str) -> Option<String> {
    let mut members = form_urlencoded::parse(query.as_bytes());
    members.find(|(name, _)| name == "conversationIntegrationKey").map(|(_, key)| key.into_owned())
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::NotJson,
            _ => Self::Malformed,
        }
    }
}

impl From<broker::Error> for Error {
    fn from(error: broker::Error) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "Bad request").into_response(),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type").into_response(),
            Self::Unknown => (StatusCode::NOT_FOUND, "Not found").into_response(),
            Self::Store(error) => {
                tracing::warn!(error = %causes(&error), "failed to look up or store a conversation name");
                (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable").into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{hashed, spellings};

    fn keys(query: &str) -> Vec<String> {
        spellings(Some(query)).unwrap_or_default()
    }

    #[test]
    fn a_number_that_was_sent_as_it_is_is_found() {
        assert_eq!(keys("conversationIntegrationKey=%2B1555"), ["+1555"]);
        assert_eq!(keys("conversationIntegrationKey=+1555"), [" 1555", "+1555"]);
        assert_eq!(keys("conversationIntegrationKey=%201555"), [" 1555", "+1555"]);
        assert_eq!(keys("x=1&conversationIntegrationKey=a+b%20c"), ["a b c", "a+b c"]);
    }

    #[test]
    fn no_key_is_no_key() {
        for query in ["", "conversationIntegrationKey", "conversationIntegrationKey=", "key=1"] {
            assert!(keys(query).is_empty(), "{query}");
        }
        assert!(spellings(None).is_err());
        assert!(keys(&format!("conversationIntegrationKey={}", "1".repeat(2000))).is_empty());
    }

    #[test]
    fn hashes_keys_like_other_services() {
        assert_eq!(hashed("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
