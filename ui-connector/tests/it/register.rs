//! `POST /register`.

use connector::Settings;
use connector::auth::providers::DenyAll;
use connector::auth::settings::AuthSettings;
use reqwest::{Body, Response};
use serde_json::{Value, json};

use crate::support::{Connector, Log, settings};
use testkit::socketio::Client;
use testkit::{http, in_time};

async fn register(connector: &Connector, body: impl Into<Body>) -> Response {
    let request = http().post(connector.url("/register")).body(body);
    in_time("the answer", request.send()).await.unwrap()
}

#[tokio::test]
async fn a_registered_agent_gets_a_token_for_the_socket() {
    let connector = Connector::start(&Log::new()).await;
    let response = register(&connector, r#"{"gcp_agent_assist_user":"agent-7"}"#).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 1);
    assert!(Client::connect(connector.address, &json!({"token": answer["token"]})).await.is_ok());
}

#[tokio::test]
async fn refuses_registration_without_a_provider() {
    let settings = Settings { auth: AuthSettings::new(DenyAll), ..settings() };
    let connector = Connector::start_with(&Log::new(), settings).await;
    for body in ["", "{}", "[", "[]"] {
        let response = register(&connector, body).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["authentication"], "valid token required");
        assert_eq!(response.text().await.unwrap(), "Could not authenticate user");
    }
}

#[tokio::test]
async fn odd_bodies_are_read_as_no_name_or_refused() {
    let connector = Connector::start(&Log::new()).await;
    for (body, status) in [
        (String::new(), 200),
        ("null".to_owned(), 200),
        ("{".to_owned(), 200),
        ("\u{0}\u{1F4E6}".to_owned(), 200),
        ("{}".to_owned(), 200),
        (r#"{"gcp_agent_assist_user":null}"#.to_owned(), 200),
        (r#"{"gcp_agent_assist_user":7}"#.to_owned(), 400),
        (r#"{"gcp_agent_assist_user":{"a":1}}"#.to_owned(), 400),
        (json!({"gcp_agent_assist_user": "x".repeat(1024)}).to_string(), 200),
        (json!({"gcp_agent_assist_user": "x".repeat(1025)}).to_string(), 400),
        ("[]".to_owned(), 400),
        ("7".to_owned(), 400),
        ("\"agent\"".to_owned(), 400),
    ] {
        let response = register(&connector, body.clone()).await;
        assert_eq!(response.status(), status, "{body}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let connector = Connector::start(&Log::new()).await;
    assert_eq!(register(&connector, vec![b' '; 3_000_000]).await.status(), 413);
}
