//! Which pushes are accepted, over real HTTP. A server on this machine serves Google's keys.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use broker::{MemoryBroker, Retention};
use interceptor::Settings;
use interceptor::config::PushAuthSettings;
use reqwest::Response;
use serde_json::{Value, json};
use testkit::signing::{SigningKey, now, with, without_signature};
use testkit::{Upstream, http};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const ACCOUNT: &str = "invoker@acme.iam.gserviceaccount.com";
const AUDIENCE: &str = "https://interceptor.example/new-message-event";

/// An interceptor that requires tokens, and Google's key.
struct ProtectedInterceptor {
    address: SocketAddr,
    key: SigningKey,
    _google: Upstream,
    _running: DropGuard,
}

/// Serves the public part of a key; without one, an error.
async fn google(public: Option<Value>) -> Upstream {
    Upstream::start(move |_| match &public {
        Some(public) => Ok(Json(json!({"keys": [public]}))),
        None => Err(StatusCode::BAD_GATEWAY),
    })
    .await
}

impl ProtectedInterceptor {
    async fn start(change: impl FnOnce(&mut PushAuthSettings)) -> Self {
        let key = SigningKey::rsa("k");
        let google = google(Some(key.public.clone())).await;
        Self::with(key, google, change).await
    }

    async fn with(key: SigningKey, google: Upstream, change: impl FnOnce(&mut PushAuthSettings)) -> Self {
        let mut push_auth = PushAuthSettings {
            service_account: ACCOUNT.into(),
            audiences: vec![AUDIENCE.into(), "another".into()],
            trust_platform: false,
            keys: format!("{}/certs", google.url()).parse().unwrap(),
        };
        change(&mut push_auth);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let settings = Settings { push_auth: Some(push_auth), ..Settings::default() };
        let log = Arc::new(MemoryBroker::new(Retention::default()));
        tokio::spawn(interceptor::run(settings, log, listener, stop.clone()));
        Self { address, key, _google: google, _running: stop.drop_guard() }
    }

    fn token(&self, changes: &Value) -> String {
        self.key.sign(&claims(changes))
    }

    async fn push(&self, authorization: Option<&str>) -> Response {
        let event = json!({"conversation": "projects/acme/conversations/c"}).to_string();
        let body = json!({"message": {"data": BASE64_STANDARD.encode(event), "messageId": "1"}});
        let request = http().post(format!("http://{}/new-message-event", self.address)).json(&body);
        let request = if let Some(value) = authorization { request.header("authorization", value) } else { request };
        request.send().await.unwrap()
    }

    async fn status(&self, token: &str) -> u16 {
        self.push(Some(&format!("Bearer {token}"))).await.status().as_u16()
    }
}

fn claims(changes: &Value) -> Value {
    let claims = json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1", "sub": "1", "iat": now(), "exp": now() + 3600,
        "email": ACCOUNT, "email_verified": true,
    });
    with(claims, changes)
}

#[tokio::test]
async fn only_the_service_account_of_the_subscriptions_may_push() {
    let stage = ProtectedInterceptor::start(|_| {}).await;
    for _ in 0..2 {
        assert_eq!(stage.status(&stage.token(&json!({}))).await, 204);
    }
    assert_eq!(stage.status(&stage.token(&json!({"aud": "another", "iss": "accounts.google.com"}))).await, 204);
    for changes in [
        json!({"email": "another@acme.iam.gserviceaccount.com"}),
        json!({"email": null}),
        json!({"email_verified": false}),
        json!({"email_verified": null}),
        json!({"aud": "https://other.example"}),
        json!({"iss": "https://evil.example"}),
        json!({"exp": 1_700_000_000}),
        json!({"iat": 99_999_999_999_u64}),
    ] {
        assert_eq!(stage.status(&stage.token(&changes)).await, 403, "{changes}");
    }
}

#[tokio::test]
async fn without_a_token_it_is_401_and_with_a_forged_one_403() {
    let stage = ProtectedInterceptor::start(|_| {}).await;
    for authorization in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic eA==")] {
        let answer = stage.push(authorization).await;
        assert_eq!(answer.status(), 401, "{authorization:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    let foreign = SigningKey::rsa("k").sign(&claims(&json!({})));
    for token in ["x", &foreign] {
        assert_eq!(stage.status(token).await, 403, "{token}");
    }
    assert_eq!(testkit::status(http().get(format!("http://{}/status", stage.address))).await, 200);
}

#[tokio::test]
async fn the_endpoint_is_its_own_audience_unless_one_is_named() {
    let stage = ProtectedInterceptor::start(|settings| settings.audiences.clear()).await;
    let own = format!("https://{}/new-message-event", stage.address);
    assert_eq!(stage.status(&stage.token(&json!({"aud": own}))).await, 204);
    for audience in [format!("https://{}/conversation-lifecycle-event", stage.address), AUDIENCE.to_owned()] {
        assert_eq!(stage.status(&stage.token(&json!({"aud": audience}))).await, 403, "{audience}");
    }
}

#[tokio::test]
async fn a_removed_signature_counts_only_if_the_platform_is_trusted() {
    let cautious = ProtectedInterceptor::start(|_| {}).await;
    assert_eq!(cautious.status(&without_signature(&claims(&json!({})))).await, 403);
    let trusting = ProtectedInterceptor::start(|settings| settings.trust_platform = true).await;
    assert_eq!(trusting.status(&without_signature(&claims(&json!({})))).await, 204);
    assert_eq!(trusting.status(&trusting.token(&json!({}))).await, 204);
    for changes in
        [json!({"email": "a@b.example"}), json!({"aud": "x"}), json!({"exp": 1}), json!({"email_verified": false})]
    {
        assert_eq!(trusting.status(&without_signature(&claims(&changes))).await, 403, "{changes}");
    }
}

#[tokio::test]
async fn without_googles_keys_the_push_comes_again_later() {
    let stage = ProtectedInterceptor::with(SigningKey::rsa("k"), google(None).await, |_| {}).await;
    let answer = stage.push(Some(&format!("Bearer {}", stage.token(&json!({}))))).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
}
