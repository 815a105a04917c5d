//! No secret gets into any output, whatever the services do with it.

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

use testkit::redis::RedisServer;
use testkit::signing::{now, without_signature};
use testkit::socketio::{Client, ConnectError};
use testkit::{Deployment, Process, Push, SECRET, Seen, Upstream, http, project, response, status, talk};

/// The token that the metadata server gives.
const GOOGLE_TOKEN: &str = "ya29.google-geheim";
/// The response of Dialogflow, which only the caller may read.
const ANSWER: &str = "antwort-geheim";
/// The one token that Genesys Cloud knows.
const PLATFORM_TOKEN: &str = "genesys-geheim";
const REDIS_PASSWORD: &str = "redis-geheim";
const TWILIO_TOKEN: &str = "twilio-geheim";
const WRONG_TOKEN: &str = "fremder-geheim";
const SAID: &str = "gesagt-geheim";
const NUMBER: &str = "+15550001111";
const PUSHER: &str = "pusher@acme.iam.gserviceaccount.com";
const TWILIO_ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Starts a server that simulates what the services call on the internet: Google's metadata server, Dialogflow, Genesys
/// Cloud and Twilio.
async fn internet() -> Upstream {
    Upstream::start(|seen| {
        let path = seen.target.split('?').next().unwrap_or_default();
        let is_known = authorization(seen) == format!("Bearer {PLATFORM_TOKEN}");
        let (status, body) = match path {
            // <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>
            _ if path.starts_with("/computeMetadata/") && path.ends_with("/token") => {
                (200, json!({"access_token": GOOGLE_TOKEN, "expires_in": 3599, "token_type": "Bearer"}))
            }
            _ if path.starts_with("/computeMetadata/") => (404, json!({})),
            "/api/v2/users/me" if is_known => (200, json!({"id": "u"})),
            "/api/v2/users/me" => (401, json!({"code": "bad.credentials"})),
            _ if path.starts_with("/2010-04-01/") => (401, json!({"code": 20003})),
            _ if path.starts_with("/v2") => (200, json!({"text": ANSWER})),
            _ => (500, json!({"error": {"message": ANSWER}})),
        };
        (StatusCode::from_u16(status).expect("a status"), Json(body))
    })
    .await
}

fn authorization(seen: &Seen) -> &str {
    seen.header("authorization").unwrap_or_default()
}

/// The values of `Authorization` in the requests so far whose path contains `part`.
fn asked(internet: &Upstream, part: &str) -> Vec<String> {
    let seen = internet.seen();
    seen.iter().filter(|seen| seen.target.contains(part)).map(|seen| authorization(seen).to_owned()).collect()
}

/// Both services, which call the simulated internet, with every log line that there is.
struct SecretsSetup {
    deployment: Deployment,
    internet: Upstream,
    _redis: RedisServer,
}

impl SecretsSetup {
    async fn start() -> Self {
        let (internet, redis) = (internet().await, RedisServer::start().await);
        let user = ["ACL", "SETUSER", "app", "on", &format!(">{REDIS_PASSWORD}"), "~*", "&*", "+@all"];
        let _: String = redis.cli(&user).await;
        let url = redis.url().replace("://", &format!("://app:{REDIS_PASSWORD}@"));
        let own = [
            ("AUTH_OPTION", "GenesysCloud".to_owned()),
            ("APP_AUTH_OPTION", "Twilio".to_owned()),
            ("TWILIO_ACCOUNT_SID", TWILIO_ACCOUNT.to_owned()),
            ("REDIS_URL", url),
            ("RUST_LOG", "trace".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
            ("METRICS_PORT", "0".to_owned()),
            ("PUSH_AUTH_SERVICE_ACCOUNT", PUSHER.to_owned()),
            ("PUSH_AUTH_TRUST_PLATFORM", "true".to_owned()),
        ];
        let bases = ["DIALOGFLOW_ENDPOINT", "GENESYS_CLOUD_BASE_URL", "TWILIO_API_BASE_URL"];
        let metadata = ("GCE_METADATA_HOST", internet.address.to_string());
        let simulated = bases.into_iter().map(|name| (name, internet.url())).chain([metadata]);
        let environment: Vec<_> = own.into_iter().chain(simulated).collect();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let deployment = Deployment::start_on(&redis, 1, &environment).await;
        Self { deployment, internet, _redis: redis }
    }

    fn connector(&self) -> &Process {
        &self.deployment.connectors[0]
    }

    /// Sends a POST with an `Authorization`; returns the response's status and text.
    async fn post(&self, path: &str, authorization: &str, body: Value) -> (u16, String) {
        response(http().post(self.connector().url(path)).header("authorization", authorization).json(&body)).await
    }

    /// Registers; returns the token.
    async fn register(&self) -> String {
        let (status, answer) = self.post("/register", PLATFORM_TOKEN, json!({})).await;
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// Everything that the processes have written, and their metrics.
    async fn outputs(&self) -> String {
        let mut outputs = String::new();
        for process in [self.connector(), &self.deployment.interceptor] {
            outputs += &process.log();
            outputs += &process.stderr();
            outputs += &process.metrics().await;
        }
        outputs
    }
}

fn push_token(audience: &str) -> String {
    without_signature(&json!({
        "iss": "https://accounts.google.com", "aud": audience, "sub": "1", "iat": now(), "exp": now() + 3600,
        "email": PUSHER, "email_verified": true,
    }))
}

async fn push(stage: &SecretsSetup, token: &str) -> u16 {
    let event = Push::new("new-message-event", "1", &json!({"conversation": talk(), "text": SAID}).to_string());
    let url = stage.deployment.interceptor.url("/new-message-event");
    status(http().post(url).bearer_auth(token).json(&event.body())).await
}

/// Asks Dialogflow for something, as a desktop does.
async fn proxy(stage: &SecretsSetup, token: &str) {
    let path = format!("/v2/projects/{}/locations/global/conversations/c/participants/p:analyzeContent", project());
    let (status, answer) = stage.post(&path, token, json!({"textInput": {"text": SAID}})).await;
    assert_eq!((status, answer.contains(ANSWER)), (200, true), "{answer}");
    assert_eq!(asked(&stage.internet, ":analyzeContent"), [format!("Bearer {GOOGLE_TOKEN}")]);
}

async fn refusals(stage: &SecretsSetup, token: &str) {
    assert_eq!(stage.post("/register", WRONG_TOKEN, json!({})).await.0, 401);
    let credentials = json!({"accountSid": TWILIO_ACCOUNT, "authToken": TWILIO_TOKEN});
    assert_eq!(stage.post("/register-app", "", credentials).await.0, 401);
    assert!(!asked(&stage.internet, "/2010-04-01/").is_empty(), "Twilio was not asked");
    let forged = format!("{}{WRONG_TOKEN}", &token[..token.len() - 20]);
    assert_eq!(stage.post("/conversation-name", &forged, json!({})).await.0, 401);
    let (path, query) = ("/conversation-name", format!("conversationIntegrationKey={WRONG_TOKEN}&token={WRONG_TOKEN}"));
    stage.connector().get(&format!("{path}?{query}")).await;
    stage.connector().get(&format!("/socket.io/?EIO=4&transport=polling&sid={WRONG_TOKEN}")).await;
    assert_eq!(push(stage, WRONG_TOKEN).await, 403);
}

/// A desktop that joins, gets the event, and asks for a stream that cannot be had.
async fn desktop(stage: &SecretsSetup, token: &str) {
    let server = stage.connector().address();
    let refused = Client::connect(server, &json!({"token": WRONG_TOKEN})).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "{refused:?}");
    let mut desktop = Client::connect(server, &json!({"token": token})).await.expect("a connection");
    desktop.join(talk()).await;
    let event = desktop.next().await.packet;
    assert!(event.contains(SAID), "{event}");
    let participant = format!("projects/{}/locations/global/conversations/c/participants/p", project());
    let request = json!({
        "streamId": "s", "method": "streaming_reactive_companion_suggestions",
        "payload": {"participant": participant, "text": SAID},
    });
    desktop.tell("stream-request", &json!([request])).await;
    let error = desktop.next().await.packet;
    assert!(error.contains("stream-error") && !error.contains(ANSWER), "{error}");
}

#[tokio::test]
async fn no_output_holds_a_secret() {
    let stage = SecretsSetup::start().await;
    let token = stage.register().await;
    let audience = stage.deployment.interceptor.url("/new-message-event");
    let pushed = push_token(&audience.replace("http://", "https://"));
    assert_eq!(push(&stage, &pushed).await, 204);
    desktop(&stage, &token).await;
    proxy(&stage, &token).await;
    let pair = json!({"conversationIntegrationKey": NUMBER, "conversationName": talk()});
    assert_eq!(stage.post("/conversation-name", &token, pair).await.0, 200);
    refusals(&stage, &token).await;

    let outputs = stage.outputs().await;
    assert!(outputs.contains("/register") && outputs.contains("agent_assist_"), "the search would prove nothing");
    let claims = pushed.split('.').nth(1).expect("claims");
    let signature = token.rsplit('.').next().expect("a signature");
    let secrets = [
        SECRET,
        GOOGLE_TOKEN,
        PLATFORM_TOKEN,
        REDIS_PASSWORD,
        TWILIO_TOKEN,
        WRONG_TOKEN,
        SAID,
        ANSWER,
        NUMBER,
        &NUMBER[1..],
        claims,
        signature,
        &token,
    ];
    for secret in secrets {
        let lines: Vec<_> = outputs.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret} stands in {lines:#?}");
    }
}
