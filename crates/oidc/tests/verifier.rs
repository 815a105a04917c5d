//! Tokens of an issuer that is a server on a port of this machine.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oidc::{Expected, Invalid, KeySet, Source, Verifier, VerifyError, claims_without_signature};
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::Upstream;
use testkit::signing::{SigningKey, now, with, without_signature};

const ISSUER: &str = "https://issuer.example";

fn claims(changes: &Value) -> Value {
    let claims = json!({"iss": ISSUER, "aud": "us", "sub": "7", "iat": now(), "exp": now() + 600, "email": "a@b.example", "email_verified": true});
    with(claims, changes)
}

fn sign(key: &SigningKey, changes: &Value) -> String {
    key.sign(&claims(changes))
}

/// A server of keys.
struct Keys {
    published: Arc<Mutex<Value>>,
    status: Arc<AtomicU16>,
    upstream: Upstream,
    verifier: Verifier,
    http: reqwest::Client,
}

impl Keys {
    async fn start(keys: &[&SigningKey], interval: Duration) -> Self {
        let (published, status): (Arc<Mutex<Value>>, _) = (Arc::default(), Arc::new(AtomicU16::new(200)));
        let (body, code) = (Arc::clone(&published), Arc::clone(&status));
        let upstream = Upstream::start(move |_| {
            let status = StatusCode::from_u16(code.load(Ordering::SeqCst)).unwrap();
            (status, [(CACHE_CONTROL, "public, max-age=3600")], body.lock().to_string())
        });
        let upstream = upstream.await;
        let url = format!("{}/keys", upstream.url()).parse().unwrap();
        let set = KeySet::with_interval(Source::Keys(url), interval);
        let this = Self {
            published,
            status,
            upstream,
            verifier: Verifier::rs256(set),
            http: server::client::client().unwrap(),
        };
        this.publish(keys);
        this
    }

    fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public.clone()).collect();
        *self.published.lock() = json!({"keys": keys});
    }

    async fn verify(&self, token: &str) -> Result<(), VerifyError> {
        self.verifier.verify(&self.http, token, &expected()).await.map(drop)
    }

    async fn refuses(&self, token: &str) -> Invalid {
        match self.verify(token).await {
            Err(VerifyError::Invalid(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn asked(&self) -> usize {
        self.upstream.seen().len()
    }
}

fn expected() -> Expected {
    Expected { issuers: vec![ISSUER.into()], audiences: vec!["us".into()] }
}

#[tokio::test]
async fn keys_are_fetched_once_and_rotate_without_a_restart() {
    let (old, new) = (SigningKey::rsa("old"), SigningKey::rsa("new"));
    let keys = Keys::start(&[&old], Duration::ZERO).await;
    for _ in 0..3 {
        keys.verify(&sign(&old, &json!({}))).await.unwrap();
    }
    assert_eq!(keys.asked(), 1);
    keys.publish(&[&new]);
    keys.verify(&sign(&new, &json!({}))).await.unwrap();
    assert_eq!(keys.asked(), 2);
    assert_eq!(keys.refuses(&sign(&old, &json!({}))).await, Invalid::UnknownKey);
}

#[tokio::test]
async fn made_up_key_ids_are_no_flood() {
    let ours = SigningKey::rsa("ours");
    let keys = Keys::start(&[&ours], Duration::from_hours(1)).await;
    keys.verify(&sign(&ours, &json!({}))).await.unwrap();
    for kid in ["a", "b", "c", "d"] {
        let forged = ours.renamed(kid);
        assert_eq!(keys.refuses(&sign(&forged, &json!({}))).await, Invalid::UnknownKey);
    }
    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn many_at_once_fetch_once() {
    let ours = SigningKey::rsa("ours");
    let keys = Arc::new(Keys::start(&[&ours], Duration::ZERO).await);
    let token = sign(&ours, &json!({}));
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
    let ours = SigningKey::rsa("ours");
    let keys = Keys::start(&[&ours], Duration::ZERO).await;
    keys.status.store(503, Ordering::SeqCst);
    assert!(matches!(keys.verify(&sign(&ours, &json!({}))).await, Err(VerifyError::Unavailable(_))));
    keys.status.store(200, Ordering::SeqCst);
    keys.verify(&sign(&ours, &json!({}))).await.unwrap();
    for status in [500, 302, 404] {
        keys.status.store(status, Ordering::SeqCst);
        keys.verify(&sign(&ours, &json!({}))).await.unwrap();
        let unknown = ours.renamed("other");
        assert_eq!(keys.refuses(&sign(&unknown, &json!({}))).await, Invalid::UnknownKey, "{status}");
    }
}

#[tokio::test]
async fn garbage_for_keys_is_no_key() {
    let ours = SigningKey::rsa("ours");
    let keys = Keys::start(&[], Duration::ZERO).await;
    for garbage in [json!(null), json!([]), json!({"keys": 7})] {
        *keys.published.lock() = garbage;
        assert!(matches!(keys.verify(&sign(&ours, &json!({}))).await, Err(VerifyError::Unavailable(_))));
    }
    let odd = json!({"keys": [7, {}, {"kty": "NEW", "kid": "ours"}, {"kty": "oct", "kid": "ours", "k": "AAAA"}, ours.public]});
    *keys.published.lock() = odd;
    keys.verify(&sign(&ours, &json!({}))).await.unwrap();
    let encrypting = json!({"keys": [{"kty": "RSA", "use": "enc", "kid": "ours", "n": ours.public["n"], "e": "AQAB"}]});
    let keys = Keys::start(&[], Duration::ZERO).await;
    *keys.published.lock() = encrypting;
    assert_eq!(keys.refuses(&sign(&ours, &json!({}))).await, Invalid::UnknownKey);
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let ours = SigningKey::rsa("ours");
    let keys = Keys::start(&[&ours], Duration::ZERO).await;
    let public = ours.public["n"].as_str().unwrap();
    let modulus = BASE64.decode(public).unwrap();
    for secret in [modulus.as_slice(), public.as_bytes(), ours.public.to_string().as_bytes(), b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS512] {
            let header = Header { kid: Some("ours".into()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims(&json!({})), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(keys.refuses(&token).await, Invalid::Algorithm);
        }
    }
    let good = sign(&ours, &json!({}));
    let mut parts: Vec<_> = good.split('.').collect();
    let none = BASE64.encode(r#"{"alg":"none","kid":"ours"}"#);
    parts[0] = &none;
    assert_eq!(keys.refuses(&parts.join(".")).await, Invalid::NoToken);
    let cut = good.rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(keys.refuses(&format!("{cut}.")).await, Invalid::Signature);
    assert_eq!(keys.refuses(&format!("{cut}.SIGNATURE_REMOVED_BY_GOOGLE")).await, Invalid::Signature);
    let other = SigningKey::rsa("ours");
    assert_eq!(keys.refuses(&sign(&other, &json!({}))).await, Invalid::Signature);
    for garbage in ["", "x", "a.b", "a.b.c", &"x".repeat(20_000)] {
        assert_eq!(keys.refuses(garbage).await, Invalid::NoToken);
    }
}

#[tokio::test]
async fn a_good_signature_is_not_enough() {
    let ours = SigningKey::rsa("ours");
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
        assert!(matches!(keys.refuses(&sign(&ours, &changes)).await, Invalid::Claim(_)), "{changes}");
    }
}

#[test]
fn checks_claims_when_the_platform_checked_the_signature() {
    let token = |changes: Value| without_signature(&claims(&changes));
    let checked = claims_without_signature(&token(json!({})), &expected()).unwrap();
    assert_eq!((checked.email.as_deref(), checked.email_verified), (Some("a@b.example"), true));
    assert!(claims_without_signature(&token(json!({"aud": "them"})), &expected()).is_err());
    assert!(claims_without_signature(&token(json!({"exp": 1})), &expected()).is_err());
    assert!(claims_without_signature("a.b.SIGNATURE_REMOVED_BY_GOOGLE", &expected()).is_err());
}
