//! No secret gets into any output, whatever the services do with it.

use serde_json::{Value, json};

use crate::internet::{self, ANSWER, GOOGLE_TOKEN, PLATFORM_TOKEN};
use testkit::redis::RedisServer;
use testkit::signing::{now, without_signature};
use testkit::socketio::{Client, ConnectError};
use testkit::{Deployment, Process, Push, SECRET, Upstream, http, project, response, status, talk};

const REDIS_PASSWORD: &str = "redis-geheim";
const TWILIO_TOKEN: &str = "twilio-geheim";
const WRONG_TOKEN: &str = "fremder-geheim";
const SAID: &str = "gesagt-geheim";
const NUMBER: &str = "+15550001111";
const PUSHER: &str = "pusher@acme.iam.gserviceaccount.com";
const TWILIO_ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Both services, asking a made-up internet, with every log line that there is.
struct SecretsSetup {
    deployment: Deployment,
    internet: Upstream,
    _redis: RedisServer,
}

impl SecretsSetup {
    async fn start() -> Self {
        let (internet, redis) = (internet::start().await, RedisServer::start().await);
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
        let environment: Vec<_> = own.into_iter().chain(internet::environment(&internet)).collect();
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
    assert_eq!(internet::asked(&stage.internet, ":analyzeContent"), [format!("Bearer {GOOGLE_TOKEN}")]);
}

async fn refusals(stage: &SecretsSetup, token: &str) {
    assert_eq!(stage.post("/register", WRONG_TOKEN, json!({})).await.0, 401);
    let credentials = json!({"accountSid": TWILIO_ACCOUNT, "authToken": TWILIO_TOKEN});
    assert_eq!(stage.post("/register-app", "", credentials).await.0, 401);
    assert!(!internet::asked(&stage.internet, "/2010-04-01/").is_empty(), "Twilio was not asked");
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
