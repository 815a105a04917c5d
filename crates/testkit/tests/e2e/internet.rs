//! What the services ask on the internet, on a port of this machine: Google's metadata server, Dialogflow, Genesys
//! Cloud and Twilio.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The token that the metadata server gives.
pub(crate) const GOOGLE_TOKEN: &str = "ya29.google-geheim";
/// What Dialogflow answers that nobody else may read.
pub(crate) const ANSWER: &str = "antwort-geheim";
/// The one token that Genesys Cloud knows.
pub(crate) const PLATFORM_TOKEN: &str = "genesys-geheim";

/// A server that plays all of them.
pub(crate) struct Internet {
    port: u16,
    asked: Asked,
    server: JoinHandle<()>,
}

/// Path and `Authorization` of each request.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

impl Internet {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Asked::default();
        let router = axum::Router::new().fallback(answer).with_state(asked.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
        Self { port, asked, server }
    }

    /// The environment that leads the connector here.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let url = format!("http://127.0.0.1:{}", self.port);
        let bases = ["DIALOGFLOW_ENDPOINT", "GENESYS_CLOUD_BASE_URL", "TWILIO_API_BASE_URL"];
        let metadata = ("GCE_METADATA_HOST", format!("127.0.0.1:{}", self.port));
        bases.into_iter().map(|name| (name, url.clone())).chain([metadata]).collect()
    }

    /// What was asked so far by a path that contains `part`: the values of `Authorization`.
    pub(crate) fn asked(&self, part: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("nobody panics");
        asked.iter().filter(|(path, _)| path.contains(part)).map(|(_, authorization)| authorization.clone()).collect()
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(asked): State<Asked>, request: Request) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (path, authorization) = (request.uri().path().to_owned(), header.to_owned());
    asked.lock().expect("nobody panics").push((path.clone(), authorization.clone()));
    let (status, body) = reply(&path, &authorization);
    (status, Json(body)).into_response()
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
