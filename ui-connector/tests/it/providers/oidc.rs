use std::sync::Arc;

use axum::Json;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{connector, status};

use crate::support::Connector;
use testkit::Upstream;
use testkit::signing::{SigningKey, now};

/// An issuer whose keys can change.
async fn issuer(keys: Arc<Mutex<Vec<Value>>>) -> Upstream {
    Upstream::start(move |seen| {
        let host = format!("http://{}", seen.header("host").unwrap());
        match seen.target.as_str() {
            "/.well-known/openid-configuration" => Json(json!({"issuer": host, "jwks_uri": format!("{host}/keys")})),
            _ => Json(json!({"keys": *keys.lock()})),
        }
    })
    .await
}

async fn asking(issuer: &Upstream) -> Connector {
    let url = issuer.url();
    connector(&[("AUTH_OPTION", "OIDC"), ("OIDC_ISSUER", &url), ("OIDC_AUDIENCE", "other, us")]).await
}

fn signed(key: &SigningKey, issuer: &str, audience: &str) -> String {
    key.sign(&json!({"iss": issuer, "aud": audience, "sub": "agent", "iat": now(), "exp": now() + 600}))
}

#[tokio::test]
async fn tokens_of_the_issuer_for_us_admit() {
    let ours = SigningKey::ec("a");
    let issuer = issuer(Arc::new(Mutex::new(vec![ours.public.clone()]))).await;
    let connector = asking(&issuer).await;
    let url = issuer.url();
    assert_eq!(status(&connector, &format!("Bearer {}", signed(&ours, &url, "us"))).await, 200);
    let (foreign, unknown) = (SigningKey::ec("a"), SigningKey::ec("b"));
    for token in [
        signed(&ours, &url, "them"),
        signed(&ours, "https://other.example", "us"),
        signed(&foreign, &url, "us"),
        signed(&unknown, &url, "us"),
        "x".to_owned(),
    ] {
        assert_eq!(status(&connector, &token).await, 401, "{token}");
    }
    let asked: Vec<_> = issuer.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(asked, ["/.well-known/openid-configuration", "/keys"], "the keys are fetched once");
}

#[tokio::test]
async fn rejects_a_document_of_another_issuer() {
    let ours = SigningKey::ec("a");
    let public = ours.public.clone();
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
    assert_eq!(status(&connector, &signed(&ours, &liar.url(), "us")).await, 401);
}
