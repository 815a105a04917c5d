//! How the processes start, wait for Redis, and end.

use testkit::redis::RedisServer;
use testkit::{ClientLibrary, Deployment, Desktop, Process, Push, Transports, conversation, talk};

#[tokio::test]
async fn a_taken_port_is_named_and_ends_the_process() {
    let deployment = Deployment::start(1).await;
    let port = deployment.connectors[0].port().to_string();
    for (name, variable) in
        [("ui-connector", "PORT"), ("cloud-pubsub-interceptor", "PORT"), ("ui-connector", "METRICS_PORT")]
    {
        let mut second = Process::spawn(deployment.another(name, &[(variable, &port)]));
        assert_eq!(second.end().await.code(), Some(1));
        let said = second.log() + &second.stderr();
        assert!(said.contains(&format!("could not listen on port {port}")) && said.contains(variable), "{said}");
    }
}

#[tokio::test]
async fn without_redis_both_processes_start_and_wait() {
    let mut redis = RedisServer::start().await;
    redis.kill();
    let deployment = Deployment::around(&redis, 1, &[]).await;
    assert_eq!(deployment.connectors[0].get("/live").await.0, 200);
    assert_eq!(deployment.connectors[0].get("/ready").await.0, 503);
    assert_eq!(deployment.interceptor.get("/live").await.0, 200);
    assert_eq!(deployment.interceptor.get("/status").await.0, 503);

    redis.restart().await;
    deployment.is_ready().await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    deployment.delivers(&mut desktop, &talk(), &[Push::message(&talk(), 1)]).await;
}

/// What desktops say when they are to come back by themselves. "io server disconnect" would keep them
/// from it. Python's client calls the end of any WebSocket an error.
const LEAVING: [(ClientLibrary, Transports, &str); 4] = [
    (ClientLibrary::Js48, Transports::WebSocket, "transport close"),
    (ClientLibrary::Js30, Transports::Upgrade, "transport close"),
    (ClientLibrary::Js48, Transports::Polling, "transport close"),
    (ClientLibrary::Python, Transports::WebSocket, "transport error"),
];

#[tokio::test]
async fn sigterm_makes_desktops_reconnect_and_removes_mapping_keys() {
    let mut deployment = Deployment::start(2).await;
    let (token, url) = (deployment.token().await, deployment.connectors[0].url(""));
    let left = |number: usize| conversation(&format!("life-{number}"));
    let mut desktops = LEAVING.map(|(library, ..)| Desktop::new(library));
    for (number, (desktop, (_, transports, _))) in desktops.iter_mut().zip(LEAVING).enumerate() {
        desktop.connect(&url, transports, &token).await;
        desktop.join(&left(number)).await;
    }
    let mut elsewhere = deployment.desktop(1, &talk()).await;

    deployment.stops_in_time(0).await;
    for (number, (desktop, (library, transports, reason))) in desktops.iter_mut().zip(LEAVING).enumerate() {
        assert_eq!(desktop.until("disconnect").await["reason"], reason, "{library:?} {transports:?}");
        assert_eq!(deployment.mapping(&left(number)).await, None);
    }
    deployment.delivers(&mut elsewhere, &talk(), &[Push::message(&talk(), 1)]).await;
}

#[tokio::test]
async fn an_idle_interceptor_ends_on_sigterm() {
    let mut interceptor = Process::start("cloud-pubsub-interceptor", &[("REDISPORT", "1")]).await;
    interceptor.terminate();
    assert_eq!(interceptor.end().await.code(), Some(0));
}

#[tokio::test]
async fn when_a_connector_dies_the_others_serve_on() {
    let mut deployment = Deployment::start(2).await;
    let _lost = deployment.desktop(0, &talk()).await;
    let mut stays = deployment.desktop(1, &talk()).await;
    deployment.connectors[0].kill();
    deployment.delivers(&mut stays, &talk(), &[Push::message(&talk(), 1)]).await;
}
