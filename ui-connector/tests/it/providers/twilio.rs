use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::Response;
use serde_json::{Value, json};

use super::{connector, register, status};

use crate::support::Connector;
use testkit::{Upstream, http, in_time};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

async fn with(answer: Value) -> (Connector, Upstream) {
    let function = Upstream::start(move |_| Json(answer.clone())).await;
    let url = function.url();
    let environment =
        [("AUTH_OPTION", "Twilio"), ("TWILIO_FLEX_ENVIRONMENT", "acme.twil.io"), ("TWILIO_FLEX_BASE_URL", &url)];
    (connector(&environment).await, function)
}

#[tokio::test]
async fn the_function_is_asked_for_its_verdict() {
    let (connector, function) = with(json!({"success": true})).await;
    assert_eq!(status(&connector, "flex-token").await, 200);
    let seen = function.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/verify"));
    assert_eq!(seen.json(), json!({"Token": "flex-token"}));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn rejects_a_refusal_in_the_body_of_a_200() {
    let (connector, _function) = with(json!({"valid": false, "code": 20101})).await;
    assert_eq!(status(&connector, "flex-token").await, 401);
}

#[tokio::test]
async fn our_token_does_not_outlive_the_platforms() {
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 60;
    let (connector, _function) = with(json!({"valid": true, "expiration": soon})).await;
    let answer: Value = register(&connector, "flex-token").await.json().await.unwrap();
    let claims = answer["token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["exp"], soon);
}

async fn twilio(status: StatusCode, answer: Value) -> (Connector, Upstream) {
    let api = Upstream::start(move |_| (status, Json(answer.clone()))).await;
    let url = api.url();
    let environment = [("APP_AUTH_OPTION", "Twilio"), ("TWILIO_ACCOUNT_SID", ACCOUNT), ("TWILIO_API_BASE_URL", &url)];
    (connector(&environment).await, api)
}

async fn register_app(connector: &Connector, body: &Value) -> Response {
    let request = http().post(connector.url("/register-app")).json(body);
    in_time("the answer", request.send()).await.unwrap()
}

#[tokio::test]
async fn admits_applications_that_know_the_account_secret() {
    let (connector, api) = twilio(StatusCode::OK, json!({"sid": ACCOUNT, "status": "active"})).await;
    let answer = register_app(&connector, &json!({"accountSid": ACCOUNT, "authToken": "secret"})).await;
    assert_eq!(answer.status(), 200);
    let seen = api.only();
    assert_eq!(seen.target, format!("/2010-04-01/Accounts/{ACCOUNT}.json"));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{ACCOUNT}:secret")));
    assert_eq!(seen.header("authorization"), Some(basic.as_str()));
}

#[tokio::test]
async fn rejects_foreign_account_credentials_unasked() {
    let (connector, api) = twilio(StatusCode::OK, json!({"sid": ACCOUNT})).await;
    for body in [
        json!({"accountSid": "AC0123456789abcdef0123456789abcdee", "authToken": "secret"}),
        json!({"accountSid": ACCOUNT}),
        json!({"authToken": "secret"}),
        json!({}),
    ] {
        let answer = register_app(&connector, &body).await;
        assert_eq!(answer.status(), 401, "{body}");
        assert_eq!(answer.headers()["authentication"], "valid application level auth required");
    }
    assert!(api.seen().is_empty());
}

#[tokio::test]
async fn only_the_account_itself_admits() {
    for (code, answer) in [
        (200, json!({"sid": "AC0123456789abcdef0123456789abcdee"})),
        (200, json!({"sid": ACCOUNT, "status": "suspended"})),
        (200, json!([])),
        (200, json!({})),
        (401, json!({"code": 20003})),
        (500, json!({"sid": ACCOUNT})),
        (302, json!({"sid": ACCOUNT})),
    ] {
        let (connector, _api) = twilio(StatusCode::from_u16(code).unwrap(), answer.clone()).await;
        let body = json!({"accountSid": ACCOUNT, "authToken": "secret"});
        assert_eq!(register_app(&connector, &body).await.status(), 401, "{code} {answer}");
    }
}

#[tokio::test]
async fn rejects_bodies_that_are_not_objects() {
    let (connector, api) = twilio(StatusCode::OK, json!({"sid": ACCOUNT})).await;
    for body in [json!([]), json!("x"), json!(5), json!(null), json!({"accountSid": 5, "authToken": "x"})] {
        assert_eq!(register_app(&connector, &body).await.status(), 400, "{body}");
    }
    let text = http().post(connector.url("/register-app")).body("{}").send().await.unwrap();
    assert_eq!(text.status(), 415);
    assert!(api.seen().is_empty());
}
