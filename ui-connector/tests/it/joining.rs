//! `join-conversation` and `leave-conversation`.

use crate::support::{Connector, Log, name};
use serde_json::json;

#[tokio::test]
async fn both_forms_of_a_name_are_answered_with_the_canonical_one() {
    let connector = Connector::start(&Log::new()).await;
    let mut desktop = connector.desktop().await;
    for form in ["projects/acme/conversations/a", "projects/acme/locations/europe-west3/conversations/a"] {
        for event in ["join-conversation", "leave-conversation"] {
            assert_eq!(desktop.ask(event, json!([form])).await, json!([true, "projects/acme/conversations/a"]));
        }
    }
}

#[tokio::test]
async fn rejects_names_of_no_conversation_of_ours() {
    let connector = Connector::start(&Log::new()).await;
    let mut desktop = connector.desktop().await;
    for args in [
        json!(["hello"]),
        json!([""]),
        json!(["projects/acme/conversations/a/participants/b"]),
        json!(["projects/other/conversations/a"]),
        json!(["projects/other/locations/global/conversations/a"]),
        json!(["projects/acme/conversations/{a}"]),
        json!([7]),
        json!([null]),
        json!([["projects/acme/conversations/a"]]),
        json!([{"name": "projects/acme/conversations/a"}]),
        json!([]),
    ] {
        for event in ["join-conversation", "leave-conversation"] {
            let answer = desktop.ask(event, args.clone()).await;
            assert_eq!(answer[0], json!(false), "{event} {args}: {answer}");
            assert!(answer[1].as_str().is_some_and(|reason| !reason.is_empty()), "{event} {args}: {answer}");
        }
    }
    desktop.join(&name("a")).await;
}

#[tokio::test]
async fn further_arguments_do_not_matter() {
    let connector = Connector::start(&Log::new()).await;
    let mut desktop = connector.desktop().await;
    let args = json!(["projects/acme/conversations/a", {"more": [1]}, null]);
    assert_eq!(desktop.ask("join-conversation", args).await[0], json!(true));
}

#[tokio::test]
async fn one_socket_joins_a_hundred_conversations_and_no_more() {
    let connector = Connector::start(&Log::new()).await;
    let mut desktop = connector.desktop().await;
    for number in 0..100 {
        desktop.join(&name(&number.to_string())).await;
    }
    let one_more = json!([name("100").as_str()]);
    assert_eq!(desktop.ask("join-conversation", one_more.clone()).await[0], json!(false));
    desktop.join(&name("7")).await;
    desktop.leave(&name("7")).await;
    assert_eq!(desktop.ask("join-conversation", one_more).await[0], json!(true));
}

#[tokio::test]
async fn does_not_answer_unknown_events() {
    let connector = Connector::start(&Log::new()).await;
    let mut desktop = connector.desktop().await;
    for event in ["join", "new-message-event", "unknown", "__proto__", ""] {
        desktop.emit(event, &json!(["projects/acme/conversations/a", {"deep": [[[]]]}])).await;
    }
    let known = desktop.emit("join-conversation", &json!([name("a").as_str()])).await;
    // The first packet is already the answer to the last event.
    assert!(desktop.packet().await.unwrap().starts_with(&format!("43{known}[")));
}

#[tokio::test]
async fn joining_without_wanting_an_answer_joins() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.desktop().await;
    desktop.send(&format!("42{}", json!(["join-conversation", talk.as_str()]))).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
}

#[tokio::test]
async fn joining_twice_delivers_once_and_one_leave_ends_it() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk, &talk]).await;
    desktop.ask("join-conversation", json!(["projects/acme/locations/global/conversations/a"])).await;
    log.record_all(&talk, 1..=3).await;
    assert_eq!(desktop.arrived().await, [1, 2, 3]);
    desktop.leave(&talk).await;
    log.record(&talk, 4).await;
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn back_to_back_commands_take_effect_in_their_order() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.desktop().await;
    for last in ["join-conversation", "leave-conversation"] {
        let mut acks = Vec::new();
        for event in ["join-conversation", "leave-conversation", "join-conversation", last] {
            acks.push(desktop.emit(event, &json!([talk.as_str()])).await);
        }
        for ack in acks {
            assert_eq!(desktop.answer(ack).await, json!([true, talk.as_str()]));
        }
        let (number, joined) = (u64::from(last == "join-conversation"), last == "join-conversation");
        log.record(&talk, number).await;
        assert_eq!(desktop.arrived().await, if joined { vec![number] } else { vec![] });
    }
}

#[tokio::test]
async fn leaving_without_joining_changes_nothing() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut member = connector.joined(&[&talk]).await;
    let mut other = connector.desktop().await;
    other.leave(&talk).await;
    other.leave(&name("no-desktop")).await;
    log.record(&talk, 1).await;
    assert_eq!((member.arrived().await, other.arrived().await), (vec![1], vec![]));
    assert_eq!(log.mapping(&talk).await.unwrap(), connector.id.as_str());
}
