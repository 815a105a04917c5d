//! Which tokens open a socket.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::{Connector, Log, PROJECT, SECRET, name, token};
use testkit::signing::{hmac, now};
use testkit::socketio::Client;

fn claims(hours: i64, project: &str) -> Value {
    json!({"exp": now() + hours * 3600, "gcp_agent_assist_project": project, "gcp_agent_assist_user": "u"})
}

/// A good token whose header names no algorithm and which is not signed.
fn unsigned() -> String {
    let good = hmac(Algorithm::HS256, SECRET, &claims(1, PROJECT));
    let claims = good.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT"}
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
}

#[tokio::test]
async fn rejects_invalid_tokens() {
    let connector = Connector::start(&Log::new()).await;
    let good = claims(1, PROJECT);
    let with = |token: String| json!({"token": token});
    for auth in [
        json!({}),
        json!({"token": null}),
        json!({"token": 7}),
        json!({"token": [token()]}),
        with(String::new()),
        with("Bearer ".to_owned()),
        with("a.b.c".to_owned()),
        with(hmac(Algorithm::HS256, SECRET, &claims(-1, PROJECT))),
        with(hmac(Algorithm::HS256, b"another-secret-of-16+", &good)),
        with(hmac(Algorithm::HS256, b"", &good)),
        with(hmac(Algorithm::HS512, SECRET, &good)),
        with(unsigned()),
        with(hmac(Algorithm::HS256, SECRET, &claims(1, "other"))),
        with(hmac(Algorithm::HS256, SECRET, &claims(1, ""))),
        with(hmac(Algorithm::HS256, SECRET, &json!({"gcp_agent_assist_project": PROJECT}))),
        with(format!("{}x", token())),
    ] {
        let refused = Client::connect(connector.address, &auth).await.err();
        assert_eq!(refused.unwrap().to_string(), "authentication failed", "{auth}");
    }
}

#[tokio::test]
async fn the_word_bearer_may_stand_before_a_token() {
    let connector = Connector::start(&Log::new()).await;
    for prefix in ["", "Bearer ", "bearer "] {
        let auth = json!({"token": format!("{prefix}{}", token())});
        assert!(Client::connect(connector.address, &auth).await.is_ok(), "{prefix:?}");
    }
}

#[tokio::test]
async fn odd_values_beside_a_good_token_do_no_harm() {
    let connector = Connector::start(&Log::new()).await;
    for odd in [json!("false"), json!(0), json!(null), json!({"a": []})] {
        let auth = json!({"token": token(), "recovery": odd, "offset": odd, "pid": odd, "else": odd});
        let desktop = Client::connect(connector.address, &auth).await;
        assert!(desktop.is_ok_and(|desktop| desktop.pid.is_some()), "{auth}");
    }
}

#[tokio::test]
async fn a_refusal_reaches_only_its_own_client() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    for _ in 0..3 {
        assert!(Client::connect(connector.address, &json!({"token": "x"})).await.is_err());
    }
    log.record(&talk, 1).await;
    assert_eq!(desktop.arrived().await, [1]);
    assert!(Client::connect(connector.address, &json!({"token": token()})).await.is_ok());
}
