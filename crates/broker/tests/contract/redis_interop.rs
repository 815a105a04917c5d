//! What others see in Redis: the services of the original, and operators.

use std::time::Duration;

use broker::{KeyValue as _, NewEvent, Publisher as _, QuarantinedMessage, Recorded, RedisBroker, Retention};
use event::{ConnectorId, EventKind, Fingerprint, Payload, Position};
use futures_util::StreamExt as _;
use redis::aio::PubSubStream;

use crate::stage::{Backend, Received, Stage, conversation, new_event};
use testkit::redis::{Redis, RedisServer};
use testkit::{in_time, project};

const LONG: Duration = Duration::from_mins(10);

async fn stage() -> Stage {
    Stage::redis(Retention::default()).await
}

fn parts(stage: &Stage) -> (&Redis, &RedisBroker) {
    match &stage.backend {
        Backend::Redis { server, broker } => (server, broker),
        _ => unreachable!("the stage is one Redis"),
    }
}

/// What comes on any channel of this test that is not sharded.
async fn eavesdrop(server: &Redis) -> PubSubStream {
    let (mut sink, stream) = redis::Client::open(server.url()).unwrap().get_async_pubsub().await.unwrap().split();
    sink.psubscribe(format!("*{}*", project())).await.unwrap();
    // The subscription ends with its sink.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(sink);
    });
    stream
}

async fn next(stream: &mut PubSubStream) -> (String, Vec<u8>) {
    let message = in_time("a message", stream.next()).await.unwrap();
    (message.get_channel_name().to_owned(), message.get_payload_bytes().to_vec())
}

#[tokio::test]
async fn a_connector_of_the_original_gets_the_payload_on_its_channel() {
    let stage = stage().await;
    let (server, broker) = parts(&stage);
    let name = conversation("c");
    let mut channel = eavesdrop(server).await;
    broker.set(name.as_str(), b"140012345678", LONG).await.unwrap();
    let (_, receivers) = stage.say(&name, "{\"a\":1}").await;
    assert_eq!(receivers, 1);
    let expected = (format!("140012345678:{name}"), b"{\"a\":1}".to_vec());
    assert_eq!(next(&mut channel).await, expected);
    // A connector received it.
    assert_eq!(stage.connector().await.log.open(&name).await.unwrap().undelivered, None);
}

#[tokio::test]
async fn connectors_of_both_kinds_may_serve_one_conversation() {
    let stage = stage().await;
    let (server, broker) = parts(&stage);
    let name = conversation("c");
    let ours = stage.connector().await.subscribed(&name).await;
    let mut theirs = eavesdrop(server).await;
    broker.set(name.as_str(), b"140012345678", LONG).await.unwrap();
    assert_eq!(stage.say(&name, "a").await.1, 2);
    assert_eq!(ours.received.texts(1).await, ["a"]);
    assert_eq!(next(&mut theirs).await.1, b"a");
}

#[tokio::test]
async fn nothing_of_ours_is_matched_against_pattern_subscriptions() {
    let stage = stage().await;
    let (server, broker) = parts(&stage);
    let (name, mut channel) = (conversation("c"), eavesdrop(server).await);
    for owner in [Some(ConnectorId::generate().as_str()), Some(""), None] {
        match owner {
            Some(owner) => broker.set(name.as_str(), owner.as_bytes(), LONG).await.unwrap(),
            None => drop(broker.delete(name.as_str()).await.unwrap()),
        }
        assert_eq!(stage.say(&name, "a").await.1, 0, "{owner:?}");
    }
    let end = format!("end of {}", project());
    server.cli::<i64>(&["PUBLISH", &end, ""]).await;
    assert_eq!(next(&mut channel).await.0, end);
}

#[tokio::test]
async fn an_interceptor_of_the_original_reaches_us() {
    let stage = stage().await;
    let connector = stage.connector().await;
    let json = r#"{"conversation_name":"x","data":"{}","data_type":"new-message-event"}"#;
    let channel = format!("{}:{}", connector.id, conversation("c"));
    let receivers: i64 = parts(&stage).0.cli(&["PUBLISH", &channel, json]).await;
    assert_eq!(receivers, 1);
    let payload = Payload { kind: EventKind::NewMessage, json: json.into() };
    let expected = Received::Foreign { conversation: conversation("c").to_string(), payload };
    assert_eq!(connector.received.until("the event", |all| !all.is_empty()).await, [expected]);
}

#[tokio::test]
async fn ignores_unreadable_entries() {
    let stage = stage().await;
    let server = parts(&stage).0;
    let (name, other) = (conversation("c"), ConnectorId::generate());
    let connector = stage.connector().await.subscribed(&name).await;
    let (own, good) = (connector.id.as_str(), r#"{"data_type":"new-message-event"}"#);
    for conversation in ["", "c", "projects/p/locations/l/conversations/c", "projects/p/conversations/c/", "*"] {
        server.cli::<i64>(&["PUBLISH", &format!("{own}:{conversation}"), good]).await;
    }
    server.cli::<i64>(&["PUBLISH", &format!("{other}:{name}"), good]).await;
    for garbage in ["", "nonsense", "{}", "[]", r#"{"data_type":"other"}"#, r#"{"data_type":"new-message-event""#] {
        server.cli::<i64>(&["PUBLISH", &format!("{own}:{name}"), garbage]).await;
    }
    for garbage in ["", " ", "1-0", "1-0 new-message-event", "x new-message-event {}", "1-0 other {}", "{}"] {
        let messages: i64 = server.cli(&["SPUBLISH", &format!("aa:{{{name}}}:live"), garbage]).await;
        assert_eq!(messages, 1);
    }
    stage.say(&name, "end").await;
    assert_eq!(connector.received.texts(1).await, ["end"]);
    assert!(connector.subscriber.is_connected());
}

#[tokio::test]
async fn unknown_entries_of_the_log_are_left_out() {
    let stage = stage().await;
    let (server, name) = (parts(&stage).0, conversation("c"));
    let connector = stage.connector().await;
    let log = &format!("aa:{{{name}}}:log");
    stage.say(&name, "a").await;
    server.cli::<String>(&["XADD", log, "*", "k", "a-kind-to-come", "p", "{}"]).await;
    server.cli::<String>(&["XADD", log, "*", "other", "fields"]).await;
    stage.say(&name, "b").await;
    let read = connector.log.read_after(&name, Position::START, 2).await.unwrap();
    assert_eq!(read.iter().map(crate::stage::text_of).collect::<String>(), "ab");
}

#[tokio::test]
async fn the_keys_are_those_of_the_contract_and_every_one_expires() {
    // With nothing else in it.
    let redis = RedisServer::start().await;
    let stage = Stage::redis_at(redis.clone(), Retention::default());
    let (server, broker) = parts(&stage);
    let (name, id) = (conversation("c"), ConnectorId::generate());
    let (position, _) = stage.say(&name, "{}").await;
    stage.say(&name, "{}").await;
    let connector = stage.connector().await;
    connector.log.mark_undelivered(&conversation("d"), position).await.unwrap();
    broker.claim(&name, &id, LONG).await.unwrap();
    broker.renew(&[conversation("e")], &id, LONG).await.unwrap();
    broker.set("k", b"v", LONG).await.unwrap();
    let message = QuarantinedMessage { kind: EventKind::NewMessage, message_id: "", reason: "", body: b"" };
    broker.quarantine(&message).await.unwrap();
    let mut keys: Vec<String> = server.cli(&["KEYS", "*"]).await;
    keys.sort();
    let project = project();
    let expected = [
        "aa:quarantine".to_owned(),
        format!("aa:{{projects/{project}/conversations/c}}:log"),
        format!("aa:{{projects/{project}/conversations/c}}:seen:0"),
        format!("aa:{{projects/{project}/conversations/c}}:unheard"),
        format!("aa:{{projects/{project}/conversations/d}}:unheard"),
        "k".to_owned(),
        format!("projects/{project}/conversations/c"),
        format!("projects/{project}/conversations/e"),
    ];
    assert_eq!(keys, expected);
    for key in keys {
        let ttl: i64 = server.cli(&["TTL", &key]).await;
        let longest = if key == "aa:quarantine" { 7 * 24 * 3600 } else { 900 };
        assert!((longest / 3..=longest).contains(&ttl), "{key}: {ttl}");
    }
    let undelivered: String = server.cli(&["GET", &expected[3]]).await;
    assert_eq!(undelivered, position.to_string());
    let entries: Vec<(String, Vec<String>)> = server.cli(&["XRANGE", &expected[1], "-", "+", "COUNT", "1"]).await;
    let fields = ["k", "new-message-event", "p", "{}"].map(str::to_owned).to_vec();
    assert_eq!(entries, [(position.to_string(), fields)]);
}

#[tokio::test]
async fn fingerprints_of_one_window_are_a_set_of_integers_that_expires() {
    let stage = stage().await;
    let (server, name) = (parts(&stage).0, conversation("c"));
    for published in [0, 899, 900] {
        let fingerprint = Fingerprint::new(EventKind::NewMessage, "7", published, b"");
        let event = NewEvent { fingerprint, ..new_event(&name, "a") };
        let recorded = stage.broker.record(&event).await.unwrap();
        assert_eq!(recorded == Recorded::Duplicate, published == 899, "{published}");
    }
    for seen in [0, 1].map(|window| format!("aa:{{{name}}}:seen:{window}")) {
        assert_eq!(server.cli::<String>(&["OBJECT", "ENCODING", &seen]).await, "intset");
        assert!((300..=900).contains(&server.cli::<i64>(&["TTL", &seen]).await));
    }
}

#[tokio::test]
async fn scripts_are_loaded_again_after_a_flush() {
    let redis = RedisServer::start().await;
    let stage = Stage::redis_at(redis.clone(), Retention::default());
    let (server, broker) = parts(&stage);
    let (name, id, connector) = (conversation("c"), ConnectorId::generate(), stage.connector().await);
    for _ in 0..2 {
        let flush = async || drop(server.cli::<String>(&["SCRIPT", "FLUSH"]).await);
        flush().await;
        stage.say(&name, "a").await;
        flush().await;
        connector.log.mark_undelivered(&name, Position::START).await.unwrap();
        flush().await;
        assert!(connector.log.open(&name).await.unwrap().undelivered.is_some());
        flush().await;
        broker.renew(std::slice::from_ref(&name), &id, LONG).await.unwrap();
        flush().await;
        broker.release(&name, &id).await.unwrap();
        assert_eq!(broker.get(name.as_str()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn keys_of_a_wrong_type_leave_nothing_half_done() {
    let stage = stage().await;
    let (server, name) = (parts(&stage).0, conversation("c"));
    server.cli::<i64>(&["LPUSH", name.as_str(), "a list where the mapping key belongs"]).await;
    assert_eq!(stage.say(&name, "a").await.1, 0);
    let event = new_event(&name, "b");
    for key in ["seen:0", "log"].map(|kind| format!("aa:{{{name}}}:{kind}")) {
        server.cli::<i64>(&["DEL", &key]).await;
        server.cli::<String>(&["SET", &key, "text"]).await;
        assert!(stage.broker.record(&event).await.is_err(), "{key}");
        server.cli::<i64>(&["DEL", &key]).await;
    }
    assert_ne!(stage.broker.record(&event).await.unwrap(), Recorded::Duplicate);
}
