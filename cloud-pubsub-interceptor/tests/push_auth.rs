//! Who may push, over real HTTP. Google's keys are served by a server on a port of this machine.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use broker::{MemoryBroker, Retention};
use interceptor::Settings;
use interceptor::push_auth::PushAuthSettings;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const ACCOUNT: &str = "invoker@acme.iam.gserviceaccount.com";
const AUDIENCE: &str = "https://interceptor.example/new-message-event";

/// An interceptor that asks for tokens, and Google's key.
struct Stage {
    address: SocketAddr,
    key: EncodingKey,
    _running: DropGuard,
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves the public part of a key; without one, an error.
async fn google(public: Option<Value>) -> SocketAddr {
    let (listener, address) = listener().await;
    let answer = async move || match public {
        Some(public) => Ok(axum::Json(json!({"keys": [public]}))),
        None => Err(axum::http::StatusCode::BAD_GATEWAY),
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}

fn key() -> (EncodingKey, Value) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let (n, e) = (part(n.big_endian_without_leading_zero()), part(e.big_endian_without_leading_zero()));
    // A PKCS#8 key wraps the PKCS#1 key that is wanted here, which begins after 26 bytes.
    (
        EncodingKey::from_rsa_der(&der.as_ref()[26..]),
        json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k", "n": n, "e": e}),
    )
}

impl Stage {
    async fn start(change: impl FnOnce(&mut PushAuthSettings)) -> Self {
        let (key, public) = key();
        Self::with(key, google(Some(public)).await, change).await
    }

    async fn with(key: EncodingKey, google: SocketAddr, change: impl FnOnce(&mut PushAuthSettings)) -> Self {
        let mut push_auth = PushAuthSettings {
            service_account: ACCOUNT.into(),
            audiences: vec![AUDIENCE.into(), "another".into()],
            trust_platform: false,
            keys: format!("http://{google}/certs").parse().unwrap(),
            client: service::client::client().unwrap(),
        };
        change(&mut push_auth);
        let (listener, address) = listener().await;
        let stop = CancellationToken::new();
        let settings = Settings { push_auth: Some(push_auth), ..Settings::default() };
        let log = Arc::new(MemoryBroker::new(Retention::default()));
        tokio::spawn(interceptor::run(settings, log, listener, stop.clone()));
        Self { address, key, _running: stop.drop_guard() }
    }

    fn token(&self, changes: &Value) -> String {
        let header = Header { kid: Some("k".into()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims(changes), &self.key).unwrap()
    }

    async fn push(&self, authorization: Option<&str>) -> Response {
        let event = json!({"conversation": "projects/acme/conversations/c"}).to_string();
        let body = json!({"message": {"data": BASE64_STANDARD.encode(event), "messageId": "1"}});
        let request = reqwest::Client::new().post(format!("http://{}/new-message-event", self.address)).json(&body);
        let request = if let Some(value) = authorization { request.header("authorization", value) } else { request };
        request.send().await.unwrap()
    }

    async fn status(&self, token: &str) -> u16 {
        self.push(Some(&format!("Bearer {token}"))).await.status().as_u16()
    }
}

fn claims(changes: &Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1", "sub": "1", "iat": now, "exp": now + 3600,
        "email": ACCOUNT, "email_verified": true,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn only_the_invoker_may_push_where_the_original_took_events_from_anybody() {
    let stage = Stage::start(|_| {}).await;
    for _ in 0..2 {
        assert_eq!(stage.status(&stage.token(&json!({}))).await, 204);
    }
    assert_eq!(stage.status(&stage.token(&json!({"aud": "another", "iss": "accounts.google.com"}))).await, 204);
    for changes in [
        json!({"email": "somebody@acme.iam.gserviceaccount.com"}),
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
    let stage = Stage::start(|_| {}).await;
    for authorization in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic eA==")] {
        let answer = stage.push(authorization).await;
        assert_eq!(answer.status(), 401, "{authorization:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    let hmac = |algorithm, secret: &[u8]| {
        let header = Header { kid: Some("k".into()), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, &claims(&json!({})), &EncodingKey::from_secret(secret)).unwrap()
    };
    let (foreign, _) = key();
    let header = Header { kid: Some("k".into()), ..Header::new(Algorithm::RS256) };
    let foreign = jsonwebtoken::encode(&header, &claims(&json!({})), &foreign).unwrap();
    for token in ["x".to_owned(), hmac(Algorithm::HS256, b""), hmac(Algorithm::HS256, b"k"), foreign] {
        assert_eq!(stage.status(&token).await, 403, "{token}");
    }
    let health = reqwest::get(format!("http://{}/status", stage.address)).await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn the_endpoint_is_its_own_audience_unless_one_is_named() {
    let stage = Stage::start(|settings| settings.audiences.clear()).await;
    let own = format!("https://{}/new-message-event", stage.address);
    assert_eq!(stage.status(&stage.token(&json!({"aud": own}))).await, 204);
    for audience in [format!("https://{}/conversation-lifecycle-event", stage.address), AUDIENCE.to_owned()] {
        assert_eq!(stage.status(&stage.token(&json!({"aud": audience}))).await, 403, "{audience}");
    }
}

/// A token as Cloud Run hands it on.
fn without_signature(changes: &Value) -> String {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let head = part(json!({"alg": "RS256", "kid": "k", "typ": "JWT"}).to_string());
    format!("{head}.{}.SIGNATURE_REMOVED_BY_GOOGLE", part(claims(changes).to_string()))
}

#[tokio::test]
async fn a_removed_signature_counts_only_if_the_platform_is_trusted() {
    let cautious = Stage::start(|_| {}).await;
    assert_eq!(cautious.status(&without_signature(&json!({}))).await, 403);
    let trusting = Stage::start(|settings| settings.trust_platform = true).await;
    assert_eq!(trusting.status(&without_signature(&json!({}))).await, 204);
    assert_eq!(trusting.status(&trusting.token(&json!({}))).await, 204);
    for changes in
        [json!({"email": "a@b.example"}), json!({"aud": "x"}), json!({"exp": 1}), json!({"email_verified": false})]
    {
        assert_eq!(trusting.status(&without_signature(&changes)).await, 403, "{changes}");
    }
}

#[tokio::test]
async fn without_googles_keys_the_push_comes_again_later() {
    let (key, _) = key();
    let stage = Stage::with(key, google(None).await, |_| {}).await;
    let answer = stage.push(Some(&format!("Bearer {}", stage.token(&json!({}))))).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
}
