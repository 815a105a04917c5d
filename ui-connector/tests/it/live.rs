//! Events while desktops are joined.

use event::{EventKind, Payload, Position, RecognitionAttributes, ResumeToken};
use serde_json::json;

use crate::support::{Connector, Log, name, payload, token};
use testkit::socketio::Client;

#[tokio::test]
async fn all_four_kinds_arrive_byte_for_byte() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    for kind in EventKind::ALL {
        let data = "{ \"text\": \"ein Päckchen \\\"ü\\\" \u{1F4E6}\",\n\t\"n\": 1.0 }";
        let payload = Payload::encode(kind, &talk, data, "t", "", "7", &RecognitionAttributes::default()).unwrap();
        log.record_payload(&talk, payload.clone()).await;
        let received = desktop.next().await;
        let json = str::from_utf8(&payload.json).unwrap();
        assert_eq!(received.packet, format!("42[\"{kind}\",{json},\"{}\"]", received.args[1].as_str().unwrap()));
        assert_eq!(received.args[0]["data"], data);
    }
}

#[tokio::test]
async fn every_desktop_of_a_conversation_gets_every_event() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktops = Vec::new();
    for _ in 0..5 {
        desktops.push(connector.joined(&[&talk]).await);
    }
    log.record_all(&talk, 0..20).await;
    for desktop in &mut desktops {
        assert_eq!(desktop.arrived().await, (0..20).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_desktop_gets_the_events_of_its_conversations_and_no_others() {
    let log = Log::new();
    let [a, b, c] = ["a", "b", "c"].map(name);
    let connector = Connector::start(&log).await;
    let (mut both, mut one) = (connector.joined(&[&a, &b]).await, connector.joined(&[&c]).await);
    for (talk, number) in [(&a, 1), (&b, 2), (&c, 3), (&b, 4), (&a, 5)] {
        log.record(talk, number).await;
    }
    assert_eq!((both.arrived().await, one.arrived().await), (vec![1, 2, 4, 5], vec![3]));
    both.leave(&a).await;
    log.record_all(&a, [6]).await;
    log.record_all(&b, [7]).await;
    assert_eq!(both.arrived().await, [7]);
}

#[tokio::test]
async fn two_connectors_serve_one_conversation() {
    let (log, talk) = (Log::new(), name("a"));
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    let (mut agent, mut supervisor) = (first.joined(&[&talk]).await, second.joined(&[&talk]).await);
    log.record_all(&talk, 1..=3).await;
    assert_eq!((agent.arrived().await, supervisor.arrived().await), (vec![1, 2, 3], vec![1, 2, 3]));
    agent.leave(&talk).await;
    log.record(&talk, 4).await;
    assert_eq!((agent.arrived().await, supervisor.arrived().await), (vec![], vec![4]));
}

#[tokio::test]
async fn an_event_published_twice_arrives_once() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.double();
    log.record_all(&talk, 1..=5).await;
    assert_eq!(desktop.arrived().await, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn events_of_an_original_interceptor_arrive_without_a_position() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    connector.bus.deliver_foreign(&talk, payload(EventKind::NewMessage, &talk, 1));
    let first = desktop.next().await;
    assert_eq!(first.number(), 1);
    let place = ResumeToken::decode(first.args[1].as_str().unwrap()).get(&talk);
    assert_eq!(place, Some(Position::START), "where it began");
    log.record(&talk, 2).await;
    let logged = desktop.next().await;
    connector.bus.deliver_foreign(&talk, payload(EventKind::HumanAgentAssistant, &talk, 3));
    let foreign = desktop.next().await;
    assert_eq!((foreign.number(), foreign.name.as_str()), (3, "human-agent-assistant-event"));
    assert_eq!(foreign.args[1], logged.args[1]);
    connector.bus.deliver_foreign(&name("b"), payload(EventKind::NewMessage, &name("b"), 4));
    assert_eq!(desktop.arrived().await, [0; 0]);
}

#[tokio::test]
async fn without_recovery_there_is_exactly_one_argument() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut plain = Client::connect(connector.address, &json!({"token": token(), "recovery": false})).await.unwrap();
    assert_eq!(plain.pid, None);
    plain.join(&talk).await;
    let mut usual = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    connector.bus.deliver_foreign(&talk, payload(EventKind::NewMessage, &talk, 2));
    assert_eq!((plain.next().await.args.len(), plain.next().await.args.len()), (1, 1));
    assert_eq!((usual.next().await.args.len(), usual.next().await.args.len()), (2, 2));
}

#[tokio::test]
async fn every_connection_has_a_pid_of_its_own() {
    let (log, talk) = (Log::new(), name("a"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&talk]).await;
    log.record(&talk, 1).await;
    desktop.expect([1]).await;
    let (pid, offset) = (desktop.pid.clone().unwrap(), desktop.offset.clone().unwrap());
    assert!(!pid.is_empty() && !offset.is_empty());
    let again = desktop.reconnect(connector.address).await;
    assert!(again.pid.is_some_and(|new| !new.is_empty() && new != pid));
}

#[tokio::test]
async fn the_offset_names_every_conversation_and_grows() {
    let (log, a, b) = (Log::new(), name("a"), name("b"));
    let connector = Connector::start(&log).await;
    let mut desktop = connector.joined(&[&a, &b]).await;
    let mut offsets = Vec::new();
    for talk in [&a, &b, &a] {
        log.record(talk, 1).await;
        desktop.next().await;
        offsets.push(event::ResumeToken::decode(desktop.offset.as_ref().unwrap()));
    }
    assert!(offsets[0].get(&a) > Some(Position::START) && offsets[0].get(&b) == Some(Position::START));
    assert!(offsets[1].get(&a) == offsets[0].get(&a) && offsets[1].get(&b) > Some(Position::START));
    assert!(offsets[2].get(&a) > offsets[1].get(&a) && offsets[2].get(&b) == offsets[1].get(&b));
}
