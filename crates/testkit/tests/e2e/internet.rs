//! What the services ask on the internet, on a port of this machine: Google's metadata server, Dialogflow, Genesys
//! Cloud and Twilio.

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::{Seen, Upstream};

/// The token that the metadata server gives.
pub(crate) const GOOGLE_TOKEN: &str = "ya29.google-geheim";
/// The response of Dialogflow, which only the caller may read.
pub(crate) const ANSWER: &str = "antwort-geheim";
/// The one token that Genesys Cloud knows.
pub(crate) const PLATFORM_TOKEN: &str = "genesys-geheim";

/// Starts a server that simulates all of them.
pub(crate) async fn start() -> Upstream {
    Upstream::start(|seen| {
        let (status, body) = reply(seen.target.split('?').next().unwrap_or_default(), authorization(seen));
        (status, Json(body))
    })
    .await
}

/// The environment that leads the connector there.
pub(crate) fn environment(internet: &Upstream) -> Vec<(&'static str, String)> {
    let bases = ["DIALOGFLOW_ENDPOINT", "GENESYS_CLOUD_BASE_URL", "TWILIO_API_BASE_URL"];
    let metadata = ("GCE_METADATA_HOST", internet.address.to_string());
    bases.into_iter().map(|name| (name, internet.url())).chain([metadata]).collect()
}

/// What was asked so far by a path that contains `part`: the values of `Authorization`.
pub(crate) fn asked(internet: &Upstream, part: &str) -> Vec<String> {
    let seen = internet.seen();
    seen.iter().filter(|seen| seen.target.contains(part)).map(|seen| authorization(seen).to_owned()).collect()
}

fn authorization(seen: &Seen) -> &str {
    seen.header("authorization").unwrap_or_default()
}

fn reply(path: &str, authorization: &str) -> (StatusCode, Value) {
    match path {
        _ if path.starts_with("/computeMetadata/") => metadata(path),
        "/api/v2/users/me" if authorization == format!("Bearer {PLATFORM_TOKEN}") => {
            (StatusCode::OK, json!({"id": "u"}))
        }
        "/api/v2/users/me" => (StatusCode::UNAUTHORIZED, json!({"code": "bad.credentials"})),
        _ if path.starts_with("/2010-04-01/") => (StatusCode::UNAUTHORIZED, json!({"code": 20003})),
        _ if path.starts_with("/v2") => (StatusCode::OK, json!({"text": ANSWER})),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, json!({"error": {"message": ANSWER}})),
    }
}

/// <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>
fn metadata(path: &str) -> (StatusCode, Value) {
    if path.ends_with("/token") {
        (StatusCode::OK, json!({"access_token": GOOGLE_TOKEN, "expires_in": 3599, "token_type": "Bearer"}))
    } else {
        (StatusCode::NOT_FOUND, json!({}))
    }
}
