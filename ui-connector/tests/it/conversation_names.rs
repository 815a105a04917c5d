//! `/conversation-name`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Connector, Log, token};
use testkit::{http, in_time};

const NAME: &str = "projects/acme/locations/global/conversations/c";

fn request(connector: &Connector, method: Method, query: &str) -> RequestBuilder {
    let url = connector.url(&format!("/conversation-name{query}"));
    http().request(method, url).header("authorization", token())
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = in_time("the answer", request.send()).await.unwrap();
    (response.status().as_u16(), in_time("the body", response.text()).await.unwrap())
}

async fn set(connector: &Connector, body: &Value) -> (u16, String) {
    answer(request(connector, Method::POST, "").json(body)).await
}

async fn found(connector: &Connector, query: &str) -> String {
    let (status, body) = answer(request(connector, Method::GET, query)).await;
    assert_eq!(status, 200, "{query}: {body}");
    serde_json::from_str::<Value>(&body).unwrap()["conversationName"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn finds_keys_with_an_unescaped_plus_and_deletes_them() {
    let connector = Connector::start(&Log::new()).await;
    let pair = json!({"conversationIntegrationKey": "+1555", "conversationName": NAME, "more": 1});
    assert_eq!(set(&connector, &pair).await, (200, json!({"+1555": NAME}).to_string()));
    for query in [
        "?conversationIntegrationKey=%2B1555",
        "?conversationIntegrationKey=+1555",
        "?conversationIntegrationKey=%201555",
    ] {
        assert_eq!(found(&connector, query).await, NAME, "{query}");
    }
    assert_eq!(found(&connector, "?conversationIntegrationKey=1555").await, "");
    let delete = async || answer(request(&connector, Method::DELETE, "?conversationIntegrationKey=+1555")).await;
    assert_eq!(delete().await, (200, "Success".to_owned()));
    assert_eq!(delete().await, (404, "Not found".to_owned()));
    assert_eq!(found(&connector, "?conversationIntegrationKey=%2B1555").await, "");
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let connector = Connector::start(&Log::new()).await;
    set(&connector, &json!({"conversationIntegrationKey": "k", "conversationName": NAME})).await;
    for body in [
        json!({}),
        json!(null),
        json!([1]),
        json!({"conversationIntegrationKey": "k"}),
        json!({"conversationIntegrationKey": "k", "conversationName": ""}),
        json!({"conversationIntegrationKey": "k", "conversationName": 5}),
        json!({"conversationIntegrationKey": "k", "conversationName": "projects/other/conversations/c"}),
        json!({"conversationIntegrationKey": "", "conversationName": NAME}),
        json!({"conversationIntegrationKey": "k".repeat(1025), "conversationName": NAME}),
    ] {
        assert_eq!(set(&connector, &body).await, (400, "Bad request".to_owned()), "{body}");
    }
    for (method, query) in [(Method::GET, ""), (Method::GET, "?conversationIntegrationKey="), (Method::DELETE, "")] {
        assert_eq!(answer(request(&connector, method, query)).await, (400, "Bad request".to_owned()));
    }
    let text = request(&connector, Method::POST, "").header("content-type", "text/plain").body("{}");
    assert_eq!(answer(text).await.0, 415);
    assert_eq!(found(&connector, "?conversationIntegrationKey=k").await, NAME);
}

#[tokio::test]
async fn requires_a_token() {
    let connector = Connector::start(&Log::new()).await;
    set(&connector, &json!({"conversationIntegrationKey": "k", "conversationName": NAME})).await;
    let url = connector.url("/conversation-name?conversationIntegrationKey=k");
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let bare = http().request(method.clone(), &url);
        assert_eq!(answer(bare).await, (401, json!({"message": "Token is missing."}).to_string()));
        let forged = http().request(method, &url).header("authorization", "Bearer x.y.z");
        assert_eq!(answer(forged).await, (401, json!({"message": "Failed to parse your token."}).to_string()));
    }
    let bearer = http().get(&url).header("authorization", format!("Bearer {}", token()));
    assert_eq!(answer(bearer).await.0, 200);
}
