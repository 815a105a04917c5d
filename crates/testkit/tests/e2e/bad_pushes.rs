//! Pushes that can never succeed: acknowledged and kept, or rejected; never delivered.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use redis::streams::StreamRangeReply;
use testkit::redis::RedisServer;
use testkit::{Deployment, KINDS, http, in_time, response};

/// Bodies, and what is said about them.
const BODIES: [(&[u8], &str); 36] = [
    (b"", "the body is not JSON"),
    (b"hello", "the body is not JSON"),
    (b"{\"message\":", "the body is not JSON"),
    (b"{} {}", "the body is not JSON"),
    (b"\xff\xfe\x00", "the body is not JSON"),
    (b"\xef\xbb\xbf{}", "the body is not JSON"),
    (b"null", "the body holds no Pub/Sub message"),
    (b"17", "the body holds no Pub/Sub message"),
    (b"\"message\"", "the body holds no Pub/Sub message"),
    (b"[1, 2]", "the body holds no Pub/Sub message"),
    (b"[{\"message\":{\"data\":\"e30=\"}}]", "the body holds no Pub/Sub message"),
    (b"{}", "the body holds no Pub/Sub message"),
    (b"{\"Message\":{\"data\":\"e30=\"}}", "the body holds no Pub/Sub message"),
    (b"{\"message\":null}", "the body holds no Pub/Sub message"),
    (b"{\"message\":[\"e30=\"]}", "the body holds no Pub/Sub message"),
    (b"{\"message\":{}}", "the message has no data"),
    (b"{\"message\":{\"attributes\":{},\"messageId\":\"1\"}}", "the message has no data"),
    (b"{\"message\":{\"data\":null}}", "a field of the message has a wrong type"),
    (b"{\"message\":{\"data\":[\"e30=\"]}}", "a field of the message has a wrong type"),
    (b"{\"message\":{\"data\":\"e30=\",\"messageId\":1}}", "a field of the message has a wrong type"),
    (b"{\"message\":{\"data\":\"e30=\",\"attributes\":[1]}}", "a field of the message has a wrong type"),
    (b"{\"message\":{\"data\":\"e30=\",\"attributes\":[\"a\"]}}", "a field of the message has a wrong type"),
    (b"{\"message\":{\"data\":\"***\"}}", "the data is not base64"),
    (b"{\"message\":{\"data\":\"e30=e30=\"}}", "the data is not base64"),
    // ff fe fd
    (b"{\"message\":{\"data\":\"//79\"}}", "the data is not UTF-8"),
    // 0a, length, projects/acme/conversations/c
    (b"{\"message\":{\"data\":\"Ch1wcm9qZWN0cy9hY21lL2NvbnZlcnNhdGlvbnMvYxAB\"}}", "the data is binary protobuf"),
    // empty
    (b"{\"message\":{\"data\":\"\"}}", "the data is not a JSON object"),
    // [1]
    (b"{\"message\":{\"data\":\"WzFd\"}}", "the data is not a JSON object"),
    // {}
    (b"{\"message\":{\"data\":\"e30=\"}}", "the event names no conversation"),
    // {"conversation":5}
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOjV9\"}}", "the event names no conversation"),
    // {"conversation":"c"}
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOiJjIn0=\"}}", "the event's conversation is not of the form"),
    // {"conversation":"projects/p/conversations/c"
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOiJwcm9qZWN0cy9wL2NvbnZlcnNhdGlvbnMvYyI=\"}}", "the data is not a JSON object"),
    // {"conversation":"projects/p/conversations/c"} x
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOiJwcm9qZWN0cy9wL2NvbnZlcnNhdGlvbnMvYyJ9IHg=\"}}", "the data is not a JSON object"),
    // 0a, length, projects/acme/conversations/, ff fe
    (b"{\"message\":{\"data\":\"Cp0BcHJvamVjdHMvYWNtZS9jb252ZXJzYXRpb25zL//+\"}}", "the data is binary protobuf"),
    // {"conversation":null}
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOm51bGx9\"}}", "the event names no conversation"),
    // {"conversation":"projects/p/conversations/c/participants/x"}
    (b"{\"message\":{\"data\":\"eyJjb252ZXJzYXRpb24iOiJwcm9qZWN0cy9wL2NvbnZlcnNhdGlvbnMvYy9wYXJ0aWNpcGFudHMveCJ9\"}}", "the event's conversation is not of the form"),
];

async fn push(deployment: &Deployment, kind: &str, body: &'static [u8]) -> (u16, String) {
    response(http().post(deployment.interceptor.url(&format!("/{kind}"))).body(body)).await
}

async fn quarantine(deployment: &Deployment) -> Vec<HashMap<String, redis::Value>> {
    let entries: StreamRangeReply = deployment.redis.cli(&["XRANGE", "aa:quarantine", "-", "+"]).await;
    entries.ids.into_iter().map(|entry| entry.map).collect()
}

#[tokio::test]
async fn a_malformed_push_is_acknowledged_quarantined_and_not_delivered() {
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 0, &[]).await;
    let client = redis::Client::open(deployment.redis.url()).expect("a client");
    let mut subscriber = client.get_async_pubsub().await.expect("a connection");
    subscriber.psubscribe("*").await.expect("a subscription");
    for (number, (body, _)) in BODIES.iter().enumerate() {
        assert_eq!(push(&deployment, KINDS[number % 4], body).await, (204, String::new()));
    }
    let kept = quarantine(&deployment).await;
    assert_eq!(kept.len(), BODIES.len());
    for (number, (entry, (body, reason))) in kept.iter().zip(BODIES).enumerate() {
        let field = |name: &str| match &entry[name] {
            redis::Value::BulkString(bytes) => bytes.as_slice(),
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(field("body"), body);
        assert_eq!(field("kind"), KINDS[number % 4].as_bytes());
        assert!(field("reason").starts_with(reason.as_bytes()), "{entry:?}: {reason}");
    }
    // No log, no mark, no mapping: nothing that a desktop could get.
    let keys: Vec<String> = deployment.redis.cli(&["KEYS", "*"]).await;
    assert_eq!(keys, ["aa:quarantine"]);
    let lifetime: i64 = deployment.redis.cli(&["TTL", "aa:quarantine"]).await;
    assert!(lifetime > 0, "it is kept for ever");
    let () = deployment.redis.cli(&["PUBLISH", "the", "end"]).await;
    let first = in_time("a message", subscriber.on_message().next()).await;
    assert_eq!(first.expect("a message").get_channel_name(), "the", "an event was published");
}

#[tokio::test]
async fn a_malformed_push_is_rejected_if_the_operator_wants_it() {
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 0, &[("MALFORMED_MESSAGES", "reject")]).await;
    for (body, reason) in BODIES {
        let (status, text) = push(&deployment, KINDS[2], body).await;
        assert_eq!(status, 400);
        assert!(text.starts_with(&format!("Bad Request: {reason}")), "{text}");
    }
    assert!(quarantine(&deployment).await.is_empty());
}
