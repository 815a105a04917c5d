//! Tokens of an issuer that is a server on a port of this machine.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oidc::{Expected, Invalid, KeySet, Source, Verifier, VerifyError, claims_without_signature};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ISSUER: &str = "https://issuer.example";

/// A key: what it signs with, its public part as JWK and as the bytes that a confused verifier would take for a secret.
struct Key {
    kid: &'static str,
    private: EncodingKey,
    public: Value,
    modulus: Vec<u8>,
}

fn key(kid: &'static str) -> Key {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = pair.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
    let exponent = BASE64.encode(public.exponent().big_endian_without_leading_zero());
    let jwk =
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": BASE64.encode(&modulus), "e": exponent});
    // A PKCS#8 key wraps the PKCS#1 key that is wanted here, which begins after 26 bytes.
    Key { kid, private: EncodingKey::from_rsa_der(&der.as_ref()[26..]), public: jwk, modulus }
}

fn claims(changes: &Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": ISSUER, "aud": "us", "sub": "7", "iat": now, "exp": now + 600, "email": "a@b.example", "email_verified": true});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

impl Key {
    fn sign(&self, changes: &Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims(changes), &self.private).unwrap()
    }
}

/// A server of keys.
struct Keys {
    published: Arc<Mutex<Value>>,
    status: Arc<AtomicU16>,
    asked: Arc<AtomicUsize>,
    verifier: Verifier,
}

impl Keys {
    async fn start(keys: &[&Key], interval: Duration) -> Self {
        let (published, status, asked) = (Arc::default(), Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap()).parse().unwrap();
        let state: (Arc<Mutex<Value>>, Arc<AtomicU16>, Arc<AtomicUsize>) =
            (Arc::clone(&published), status.clone(), asked.clone());
        let answer = async move || {
            state.2.fetch_add(1, Ordering::SeqCst);
            let status = StatusCode::from_u16(state.1.load(Ordering::SeqCst)).unwrap();
            let body = state.0.lock().unwrap().to_string();
            (status, [(CACHE_CONTROL, "public, max-age=3600")], body).into_response()
        };
        let router = axum::Router::new().fallback(answer);
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        let set = KeySet::with_interval(service::client::client().unwrap(), Source::Keys(url), interval);
        let this = Self { published, status, asked, verifier: Verifier::rs256(set) };
        this.publish(keys);
        this
    }

    fn publish(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public.clone()).collect();
        *self.published.lock().unwrap() = json!({"keys": keys});
    }

    async fn verify(&self, token: &str) -> Result<(), VerifyError> {
        self.verifier.verify(token, &expected()).await.map(drop)
    }

    async fn refuses(&self, token: &str) -> Invalid {
        match self.verify(token).await {
            Err(VerifyError::Invalid(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn expected() -> Expected {
    Expected { issuers: vec![ISSUER.into()], audiences: vec!["us".into()] }
}

#[tokio::test]
async fn keys_are_fetched_once_and_rotate_without_a_restart() {
    let (old, new) = (key("old"), key("new"));
    let keys = Keys::start(&[&old], Duration::ZERO).await;
    for _ in 0..3 {
        keys.verify(&old.sign(&json!({}))).await.unwrap();
    }
    assert_eq!(keys.asked(), 1);
    keys.publish(&[&new]);
    keys.verify(&new.sign(&json!({}))).await.unwrap();
    assert_eq!(keys.asked(), 2);
    assert_eq!(keys.refuses(&old.sign(&json!({}))).await, Invalid::UnknownKey);
}

#[tokio::test]
async fn made_up_key_ids_are_no_flood() {
    let ours = key("ours");
    let keys = Keys::start(&[&ours], Duration::from_hours(1)).await;
    keys.verify(&ours.sign(&json!({}))).await.unwrap();
    for kid in ["a", "b", "c", "d"] {
        let forged = Key { kid, private: ours.private.clone(), public: json!({}), modulus: Vec::new() };
        assert_eq!(keys.refuses(&forged.sign(&json!({}))).await, Invalid::UnknownKey);
    }
    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn many_at_once_fetch_once() {
    let ours = key("ours");
    let keys = Arc::new(Keys::start(&[&ours], Duration::ZERO).await);
    let token = ours.sign(&json!({}));
    let verifying = (0..20).map(|_| {
        let (keys, token) = (keys.clone(), token.clone());
        tokio::spawn(async move { keys.verify(&token).await.unwrap() })
    });
    for verified in verifying.collect::<Vec<_>>() {
        verified.await.unwrap();
    }
    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_down_makes_known_keys_no_worse() {
    let ours = key("ours");
    let keys = Keys::start(&[&ours], Duration::ZERO).await;
    keys.status.store(503, Ordering::SeqCst);
    assert!(matches!(keys.verify(&ours.sign(&json!({}))).await, Err(VerifyError::Unavailable(_))));
    keys.status.store(200, Ordering::SeqCst);
    keys.verify(&ours.sign(&json!({}))).await.unwrap();
    for status in [500, 302, 404] {
        keys.status.store(status, Ordering::SeqCst);
        keys.verify(&ours.sign(&json!({}))).await.unwrap();
        let unknown = Key { kid: "other", private: ours.private.clone(), public: json!({}), modulus: Vec::new() };
        assert_eq!(keys.refuses(&unknown.sign(&json!({}))).await, Invalid::UnknownKey, "{status}");
    }
}

#[tokio::test]
async fn garbage_for_keys_is_no_key() {
    let ours = key("ours");
    let keys = Keys::start(&[], Duration::ZERO).await;
    for garbage in [json!(null), json!([]), json!({"keys": 7})] {
        *keys.published.lock().unwrap() = garbage;
        assert!(matches!(keys.verify(&ours.sign(&json!({}))).await, Err(VerifyError::Unavailable(_))));
    }
    let odd = json!({"keys": [7, {}, {"kty": "NEW", "kid": "ours"}, {"kty": "oct", "kid": "ours", "k": "AAAA"}, ours.public]});
    *keys.published.lock().unwrap() = odd;
    keys.verify(&ours.sign(&json!({}))).await.unwrap();
    let encrypting = json!({"keys": [{"kty": "RSA", "use": "enc", "kid": "ours", "n": ours.public["n"], "e": "AQAB"}]});
    let keys = Keys::start(&[], Duration::ZERO).await;
    *keys.published.lock().unwrap() = encrypting;
    assert_eq!(keys.refuses(&ours.sign(&json!({}))).await, Invalid::UnknownKey);
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let ours = key("ours");
    let keys = Keys::start(&[&ours], Duration::ZERO).await;
    let public = ours.public["n"].as_str().unwrap().as_bytes();
    for secret in [ours.modulus.as_slice(), public, ours.public.to_string().as_bytes(), b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS512] {
            let header = Header { kid: Some("ours".into()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims(&json!({})), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(keys.refuses(&token).await, Invalid::Algorithm);
        }
    }
    let good = ours.sign(&json!({}));
    let mut parts: Vec<_> = good.split('.').collect();
    let none = BASE64.encode(r#"{"alg":"none","kid":"ours"}"#);
    parts[0] = &none;
    assert_eq!(keys.refuses(&parts.join(".")).await, Invalid::NoToken);
    let cut = good.rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(keys.refuses(&format!("{cut}.")).await, Invalid::Signature);
    assert_eq!(keys.refuses(&format!("{cut}.SIGNATURE_REMOVED_BY_GOOGLE")).await, Invalid::Signature);
    let other = key("ours");
    assert_eq!(keys.refuses(&other.sign(&json!({}))).await, Invalid::Signature);
    for garbage in ["", "x", "a.b", "a.b.c", &"x".repeat(20_000)] {
        assert_eq!(keys.refuses(garbage).await, Invalid::NoToken);
    }
}

#[tokio::test]
async fn a_good_signature_is_not_enough() {
    let ours = key("ours");
    let keys = Keys::start(&[&ours], Duration::ZERO).await;
    for changes in [
        json!({"aud": "them"}),
        json!({"iss": "https://other.example"}),
        json!({"exp": 1_000_000_000}),
        json!({"exp": null}),
        json!({"iat": 99_999_999_999_u64}),
        json!({"nbf": 99_999_999_999_u64}),
        json!({"sub": null}),
    ] {
        assert!(matches!(keys.refuses(&ours.sign(&changes)).await, Invalid::Claim(_)), "{changes}");
    }
}

#[test]
fn claims_are_checked_even_if_somebody_else_has_checked_the_signature() {
    let token = |changes: Value| {
        let head = BASE64.encode(r#"{"alg":"RS256","kid":"k"}"#);
        format!("{head}.{}.SIGNATURE_REMOVED_BY_GOOGLE", BASE64.encode(claims(&changes).to_string()))
    };
    let checked = claims_without_signature(&token(json!({})), &expected()).unwrap();
    assert_eq!((checked.email.as_deref(), checked.email_verified), (Some("a@b.example"), true));
    assert!(claims_without_signature(&token(json!({"aud": "them"})), &expected()).is_err());
    assert!(claims_without_signature(&token(json!({"exp": 1})), &expected()).is_err());
    assert!(claims_without_signature("a.b.SIGNATURE_REMOVED_BY_GOOGLE", &expected()).is_err());
}
