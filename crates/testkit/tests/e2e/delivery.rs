//! The delivery guarantee: once, in order, and kept for desktops that join late.

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use serde_json::Value;
use testkit::{Deployment, Desktop, Push, assert_payloads, conversation, talk};

#[tokio::test]
async fn a_redelivered_push_is_seen_once() {
    let deployment = Deployment::start(2).await;
    let mut desktops = [deployment.desktop(0, &talk()).await, deployment.desktop(1, &talk()).await];
    let pushes = [Push::message(&talk(), 1), Push::message(&talk(), 2), Push::message(&talk(), 3)];
    for _ in 0..2 {
        deployment.push(&pushes[0]).await;
    }
    join_all((0..10).map(|_| deployment.push(&pushes[1]))).await;
    deployment.push(&pushes[2]).await;
    deployment.push(&pushes[0]).await;
    for desktop in &mut desktops {
        assert_payloads(&desktop.last_events(3, &talk()).await, &talk(), &pushes);
    }
}

#[tokio::test]
async fn undelivered_events_go_to_the_first_desktop() {
    let deployment = Deployment::start(2).await;
    let pushes: Vec<_> = (1..=5).map(|number| Push::message(&talk(), number)).collect();
    for push in &pushes[..3] {
        deployment.push(push).await;
    }
    let mut first = deployment.desktop(0, &talk()).await;
    let mut got = first.events(3).await;
    let mut second = deployment.desktop(1, &talk()).await;
    for push in &pushes[3..] {
        deployment.push(push).await;
    }
    got.append(&mut first.last_events(2, &talk()).await);
    assert_payloads(&got, &talk(), &pushes);
    assert_payloads(&second.last_events(2, &talk()).await, &talk(), &pushes[3..]);
}

#[tokio::test]
async fn five_hundred_events_come_in_the_order_of_the_log() {
    let deployment = Deployment::start(2).await;
    let mut desktops = [
        deployment.desktop(0, &talk()).await,
        deployment.desktop(0, &talk()).await,
        deployment.desktop(1, &talk()).await,
    ];
    let pushes: Vec<_> = (0..500).map(|number| Push::message(&talk(), number)).collect();
    stream::iter(&pushes).for_each_concurrent(16, |push| deployment.push(push)).await;
    let logged = logged_message_ids(&deployment).await;
    assert_eq!(logged.len(), pushes.len());
    for desktop in &mut desktops {
        let events = desktop.last_events(pushes.len(), &talk()).await;
        assert_eq!(message_ids(&events), logged);
    }
}

#[tokio::test]
async fn events_stay_in_their_conversation() {
    let deployment = Deployment::start(2).await;
    let name = |number: usize| conversation(&format!("c{number}"));
    let mut agents: Vec<Desktop> = Vec::new();
    for number in 0..3 {
        agents.push(deployment.desktop(number % 2, &name(number)).await);
    }
    let mut supervisor = deployment.desktop(0, &name(0)).await;
    supervisor.join(&name(1)).await;
    supervisor.join(&name(2)).await;
    let pushes: Vec<_> = (0..9).map(|number| Push::message(&name(number % 3), number)).collect();
    for push in &pushes {
        deployment.push(push).await;
    }
    for (number, agent) in agents.iter_mut().enumerate() {
        let own: Vec<_> = pushes.iter().skip(number).step_by(3).cloned().collect();
        assert_payloads(&agent.last_events(own.len(), &name(number)).await, &name(number), &own);
    }
    supervisor.leave(&name(0)).await;
    supervisor.leave(&name(1)).await;
    let mut heard = message_ids(&supervisor.last_events(pushes.len(), &name(2)).await);
    heard.sort();
    assert_eq!(heard, pushes.iter().map(|push| push.id.clone()).collect::<Vec<_>>());
}

fn message_ids(events: &[Value]) -> Vec<String> {
    let ids = events.iter().map(|event| event["args"][0]["message_id"].as_str());
    ids.map(|id| id.expect("an id").to_owned()).collect()
}

/// The ids of the messages in the log, in its order.
async fn logged_message_ids(deployment: &Deployment) -> Vec<String> {
    let log = format!("aa:{{{}}}:log", talk());
    let entries: redis::streams::StreamRangeReply = deployment.redis.cli(&["XRANGE", &log, "-", "+"]).await;
    let payloads = entries.ids.iter().map(|entry| entry.get::<String>("p").expect("a payload"));
    payloads
        .map(|payload| {
            let payload: Value = serde_json::from_str(&payload).expect("JSON");
            payload["message_id"].as_str().expect("an id").to_owned()
        })
        .collect()
}
