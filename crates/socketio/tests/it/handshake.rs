use reqwest::Method;
use socketio::SocketSettings;

use crate::server::{start, start_with};
use testkit::http;
use testkit::socketio::{PollingClient, WebSocketClient};

#[tokio::test]
async fn refuses_a_bad_request_with_the_reference_servers_code() {
    let (server, _records) = start().await;
    let unknown = "A".repeat(22);
    let session = PollingClient::open(server.address).await.sid;
    let cases = [
        (Method::GET, "EIO=4".to_owned(), 0, "Transport unknown"),
        (Method::GET, "EIO=4&transport=carrier-pigeon".to_owned(), 0, "Transport unknown"),
        (Method::GET, format!("EIO=4&transport=polling&sid={unknown}"), 1, "Session ID unknown"),
        (Method::POST, "EIO=4&transport=polling&sid=%00".to_owned(), 1, "Session ID unknown"),
        (Method::POST, "EIO=4&transport=polling".to_owned(), 2, "Bad handshake method"),
        (Method::PUT, "EIO=4&transport=polling".to_owned(), 2, "Bad handshake method"),
        (Method::PUT, format!("EIO=4&transport=polling&sid={session}"), 3, "Bad request"),
        (Method::GET, "EIO=4&transport=websocket".to_owned(), 3, "Bad request"),
        (Method::GET, format!("EIO=4&transport=websocket&sid={session}"), 3, "Bad request"),
        (Method::GET, "transport=polling".to_owned(), 5, "Unsupported protocol version"),
        (Method::GET, "EIO=3&transport=polling".to_owned(), 5, "Unsupported protocol version"),
    ];
    for (method, query, code, message) in cases {
        let url = format!("http://{}/socket.io/?{query}", server.address);
        let response = http().request(method, url).send().await.unwrap();
        assert_eq!(response.status(), 400, "{query}");
        let body = format!(r#"{{"code":{code},"message":"{message}"}}"#);
        assert_eq!(response.text().await.unwrap(), body, "{query}");
    }
}

#[tokio::test]
async fn refuses_requests_without_a_session() {
    let (server, _records) = start().await;
    let url = |query: &str| format!("http://{}/socket.io/{query}", server.address);
    for query in [
        "",
        "?",
        "?EIO=4",
        "?EIO=5&transport=websocket",
        "?EIO=4&transport=polling&sid=",
        "?EIO=4&transport=polling&sid=%00%ff",
        "?EIO=4&transport=websocket&sid=unknown",
    ] {
        assert_eq!(http().get(url(query)).send().await.unwrap().status(), 400, "{query}");
    }
    for method in ["DELETE", "PATCH", "BREW"] {
        let request = http().request(method.parse().unwrap(), url("?EIO=4&transport=polling"));
        let status = request.send().await.unwrap().status();
        assert!(status == 400 || status == 405, "{method}: {status}");
    }
}

#[tokio::test]
async fn announces_its_settings() {
    let (server, _records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    let open: serde_json::Value = serde_json::from_str(client.text().await.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["sid"].as_str().unwrap().len(), 22);
    assert_eq!(open["upgrades"], serde_json::json!([]));
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 20_000);
    assert_eq!(open["maxPayload"], 1_000_000);
}

#[tokio::test]
async fn answers_without_the_trailing_slash_as_well() {
    let (server, _records) = start().await;
    let url = format!("http://{}/socket.io?EIO=4&transport=polling", server.address);
    assert_eq!(http().get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn every_session_has_its_own_id() {
    let (server, _records) = start().await;
    let (one, other) = (PollingClient::open(server.address).await, PollingClient::open(server.address).await);
    assert_ne!(one.sid, other.sid);
}

#[tokio::test]
async fn refuses_connections_beyond_the_limit_until_others_end() {
    let (server, _records) = start_with(SocketSettings { max_connections: 1, ..SocketSettings::default() }).await;
    let client = server.client().await;
    let url = format!("http://{}/socket.io/?EIO=4&transport=polling", server.address);
    assert_eq!(http().get(&url).send().await.unwrap().status(), 503);
    assert!(WebSocketClient::open(server.address).await.is_err());
    drop(client);
    server.has_connections(0).await;
    assert_eq!(http().get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn refuses_other_versions_of_websocket() {
    let (server, _records) = start().await;
    let url = format!("http://{}/socket.io/?EIO=4&transport=websocket", server.address);
    for version in ["8", "12", "14"] {
        let request = http().get(&url).header("connection", "upgrade").header("upgrade", "websocket");
        let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let response = request.header("sec-websocket-version", version).send().await.unwrap();
        assert_eq!(response.status(), 426);
        assert_eq!(response.headers()["sec-websocket-version"], "13");
    }
}
