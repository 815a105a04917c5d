//! What the interceptor is promised.

use std::collections::BTreeSet;

use ::redis::{RedisResult, from_redis_value};
use broker::{QuarantinedMessage, Recorded, Retention};
use event::{EventKind, Position};
use futures_util::future::join_all;

use crate::stage::{Backend, Stage, conversation, event_with_id, new_event, text_of};
use testkit::project;
use testkit::redis::Redis;

crate::contract!(
    positions_grow,
    redelivery_is_a_duplicate,
    a_fingerprint_counts_within_its_conversation,
    redelivery_at_the_same_time_is_recorded_once,
    a_duplicate_is_not_in_the_log,
    receivers_are_counted,
    the_last_events_are_kept,
    quarantine_keeps_what_helps_the_operator,
    any_payload_passes_unchanged,
    the_store_answers,
);

async fn positions_grow(stage: Stage) {
    let name = conversation("c");
    let mut last = Position::START;
    for text in ["a", "b", "c", "d", "e"] {
        let (position, _) = stage.say(&name, text).await;
        assert!(position > last, "{position} after {last}");
        last = position;
    }
}

async fn redelivery_is_a_duplicate(stage: Stage) {
    let connector = stage.connector().await.subscribed(&conversation("c")).await;
    let event = event_with_id(&conversation("c"), "a", "7");
    assert!(matches!(stage.record(&event).await.unwrap(), Recorded::Accepted { receivers: 1, .. }));
    assert_eq!(stage.record(&event).await.unwrap(), Recorded::Duplicate);
    stage.say(&conversation("c"), "b").await;
    assert_eq!(connector.received.texts(2).await, ["a", "b"]);
}

async fn a_fingerprint_counts_within_its_conversation(stage: Stage) {
    for name in ["a", "b"] {
        let recorded = stage.record(&event_with_id(&conversation(name), "x", "7")).await.unwrap();
        assert_ne!(recorded, Recorded::Duplicate);
    }
}

async fn redelivery_at_the_same_time_is_recorded_once(stage: Stage) {
    let event = event_with_id(&conversation("c"), "a", "7");
    let attempts = (0..8).map(|_| stage.record(&event));
    let recorded = join_all(attempts).await;
    let accepted = recorded.into_iter().filter(|recorded| *recorded.as_ref().unwrap() != Recorded::Duplicate);
    assert_eq!(accepted.count(), 1);
}

async fn a_duplicate_is_not_in_the_log(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    let event = event_with_id(&name, "a", "7");
    let Recorded::Accepted { position, .. } = stage.record(&event).await.unwrap() else {
        panic!("the first is no duplicate");
    };
    assert_eq!(stage.record(&event).await.unwrap(), Recorded::Duplicate);
    let opened = connector.log.open(&name).await.unwrap();
    assert_eq!((opened.undelivered, opened.tail), (Some(position), position));
    assert_eq!(connector.log.read_after(&name, Position::START, 10).await.unwrap().len(), 1);
}

async fn receivers_are_counted(stage: Stage) {
    let name = conversation("c");
    assert_eq!(stage.say(&name, "a").await.1, 0);
    let first = stage.connector().await.subscribed(&name).await;
    let second = stage.connector().await.subscribed(&name).await;
    assert_eq!(stage.say(&name, "b").await.1, 2);
    assert_eq!(stage.say(&conversation("other"), "b").await.1, 0);
    first.subscriber.unsubscribe(&name).await.unwrap();
    assert_eq!(stage.say(&name, "c").await.1, 1);
    second.subscriber.unsubscribe(&name).await.unwrap();
    assert_eq!(stage.say(&name, "d").await.1, 0);
}

async fn the_last_events_are_kept(_: Stage) {
    let retention = Retention { events: 20, ..Retention::default() };
    for stage in [Stage::memory(retention), Stage::redis(retention).await] {
        let (name, connector) = (conversation("c"), stage.connector().await);
        for number in 0..1000 {
            stage.say(&name, &format!("{number} {}", "x".repeat(300))).await;
        }
        // Redis trims whole nodes of its stream.
        let kept = connector.log.read_after(&name, Position::START, 1000).await.unwrap();
        assert!((20..200).contains(&kept.len()), "{}", kept.len());
        assert!(text_of(kept.last().unwrap()).starts_with("999 "));
    }
}

async fn quarantine_keeps_what_helps_the_operator(stage: Stage) {
    let body = [b"\xff\x00"[..].to_vec(), vec![b'x'; 70_000]].concat();
    for number in 0..1_300 {
        let text = format!("{number} of {}{}", project(), "é".repeat(1000));
        let body = if number == 1_299 { &body[..] } else { b"short" };
        let message =
            QuarantinedMessage { kind: EventKind::NewMessage, message_id: &text, reason: "no conversation", body };
        stage.broker.quarantine(&message).await.unwrap();
    }
    let kept = quarantined(&stage).await;
    assert!((1_000..1_300).contains(&kept.len()), "{}", kept.len());
    let beginning = format!("1299 of {}é", project());
    let (id, reason, last) = kept.iter().find(|(id, ..)| id.starts_with(&beginning)).unwrap();
    assert!((1020..=1024).contains(&id.len()), "{}", id.len());
    assert_eq!((reason.as_str(), last.as_slice()), ("no conversation", &body[..64 * 1024]));
}

async fn quarantined(stage: &Stage) -> Vec<(String, String, Vec<u8>)> {
    match &stage.backend {
        Backend::Memory(broker) => {
            broker.quarantined().into_iter().map(|kept| (kept.message_id, kept.reason, kept.body.to_vec())).collect()
        }
        Backend::Redis { server, .. } => quarantined_at(server).await.unwrap(),
        Backend::Cluster { servers, .. } => {
            let ask = async || join_all(servers.iter().map(quarantined_at)).await.into_iter().find_map(Result::ok);
            testkit::eventually("the server with the quarantine answers", ask).await
        }
    }
}

async fn quarantined_at(server: &Redis) -> RedisResult<Vec<(String, String, Vec<u8>)>> {
    let answer = server.try_cli(&["XRANGE", "aa:quarantine", "-", "+"]).await?;
    let entries: Vec<(String, Fields)> = from_redis_value(answer)?;
    Ok(entries.into_iter().map(|(_, fields)| quarantine_fields(&fields)).collect())
}

type Fields = Vec<(String, Vec<u8>)>;

fn quarantine_fields(fields: &[(String, Vec<u8>)]) -> (String, String, Vec<u8>) {
    let names: BTreeSet<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["kind", "message_id", "reason", "body"]));
    let take = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    assert_eq!(take("kind"), b"new-message-event");
    (String::from_utf8(take("message_id")).unwrap(), String::from_utf8(take("reason")).unwrap(), take("body"))
}

async fn any_payload_passes_unchanged(stage: Stage) {
    let name = conversation("ünïcødé:1");
    let connector = stage.connector().await.subscribed(&name).await;
    let mut recorded = Vec::new();
    for kind in EventKind::ALL {
        for json in [&b""[..], b" ", b"a b  c ", b"\xff\x00\r\n$5\r\n", &vec![b'y'; 300_000]] {
            let mut event = new_event(&name, "");
            event.payload = event::Payload { kind, json: json.to_vec().into() };
            stage.record(&event).await.unwrap();
            recorded.push(event.payload);
        }
    }
    let logged = connector.log.read_after(&name, Position::START, 100).await.unwrap();
    assert_eq!(logged.iter().map(|event| event.payload.clone()).collect::<Vec<_>>(), recorded);
    let messages = connector.received.until("everything", |all| all.len() == recorded.len()).await;
    for (messages, event) in messages.into_iter().zip(logged) {
        assert_eq!(messages, crate::stage::Received::Live { conversation: name.to_string(), event });
    }
}

async fn the_store_answers(stage: Stage) {
    stage.broker.ping().await.unwrap();
}
