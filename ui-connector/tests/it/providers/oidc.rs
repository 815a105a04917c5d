use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Json;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{connector, status};
use testkit::upstream::Upstream;

use crate::support::Connector;

/// A key of an issuer: what it signs with, and what it publishes.
fn key(kid: &str) -> (EncodingKey, Value) {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    // An uncompressed point: 4, x, y.
    let point = pair.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y});
    (EncodingKey::from_ec_der(pkcs8.as_ref()), public)
}

/// An issuer whose keys can change.
async fn issuer(keys: Arc<Mutex<Vec<Value>>>) -> Upstream {
    Upstream::start(move |seen| {
        let host = format!("http://{}", seen.header("host").unwrap());
        match seen.target.as_str() {
            "/.well-known/openid-configuration" => Json(json!({"issuer": host, "jwks_uri": format!("{host}/keys")})),
            _ => Json(json!({"keys": *keys.lock().unwrap()})),
        }
    })
    .await
}

async fn asking(issuer: &Upstream) -> Connector {
    let url = issuer.url();
    connector(&[("AUTH_OPTION", "OIDC"), ("OIDC_ISSUER", &url), ("OIDC_AUDIENCE", "other, us")]).await
}

fn signed(key: &EncodingKey, kid: &str, issuer: &str, audience: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"iss": issuer, "aud": audience, "sub": "agent", "iat": now, "exp": now + 600});
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

#[tokio::test]
async fn tokens_of_the_issuer_for_us_admit() {
    let (ours, public) = key("a");
    let issuer = issuer(Arc::new(Mutex::new(vec![public]))).await;
    let connector = asking(&issuer).await;
    let url = issuer.url();
    assert_eq!(status(&connector, &format!("Bearer {}", signed(&ours, "a", &url, "us"))).await, 200);
    let (foreign, _) = key("a");
    for token in [
        signed(&ours, "a", &url, "them"),
        signed(&ours, "a", "https://other.example", "us"),
        signed(&foreign, "a", &url, "us"),
        signed(&ours, "b", &url, "us"),
        "x".to_owned(),
    ] {
        assert_eq!(status(&connector, &token).await, 401, "{token}");
    }
    let asked: Vec<_> = issuer.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(asked, ["/.well-known/openid-configuration", "/keys"], "the keys are fetched once");
}

#[tokio::test]
async fn a_document_of_another_issuer_admits_nobody() {
    let (ours, public) = key("a");
    let liar = Upstream::start(move |seen| {
        let host = format!("http://{}", seen.header("host").unwrap());
        match seen.target.as_str() {
            "/.well-known/openid-configuration" => {
                Json(json!({"issuer": "https://other.example", "jwks_uri": format!("{host}/keys")}))
            }
            _ => Json(json!({"keys": [public]})),
        }
    })
    .await;
    let connector = asking(&liar).await;
    assert_eq!(status(&connector, &signed(&ours, "a", &liar.url(), "us")).await, 401);
}
