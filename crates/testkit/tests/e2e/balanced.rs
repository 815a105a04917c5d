//! Several connectors behind a balancer that knows nothing of sessions, as on Cloud Run without session affinity.

use testkit::socketio::PollingClient;
use testkit::{ClientLibrary, Deployment, Desktop, Process, Proxy, Push, Transports, assert_payloads, talk};

const DESKTOPS: [(ClientLibrary, Transports); 7] = [
    (ClientLibrary::Js48, Transports::Upgrade),
    (ClientLibrary::Js48, Transports::Polling),
    (ClientLibrary::Js40, Transports::Upgrade),
    (ClientLibrary::Js30, Transports::Upgrade),
    (ClientLibrary::Js30, Transports::Polling),
    (ClientLibrary::Python, Transports::Upgrade),
    (ClientLibrary::Python, Transports::Polling),
];

/// Brings each TCP connection to the next connector.
async fn balancer(deployment: &Deployment) -> Proxy {
    Proxy::start(deployment.connectors.iter().map(Process::address).collect()).await
}

async fn desktops(deployment: &Deployment, balancer: &Proxy) -> Vec<Desktop> {
    let token = deployment.token().await;
    let mut desktops = Vec::new();
    for (library, transports) in DESKTOPS {
        let mut desktop = Desktop::new(library);
        desktop.connect(&balancer.url(), transports, &token).await;
        assert_eq!(desktop.join(&talk()).await, talk());
        desktops.push(desktop);
    }
    desktops
}

#[tokio::test]
async fn polling_clients_get_every_event_once_on_any_connector() {
    let deployment = Deployment::start(3).await;
    let balancer = balancer(&deployment).await;
    let mut desktops = desktops(&deployment, &balancer).await;
    let pushes: Vec<_> = (0..60).map(|number| Push::message(&talk(), number)).collect();
    // python-engineio fails when the response to a poll has more than 16 packets.
    for pushes in pushes.chunks(10) {
        for push in pushes {
            deployment.push(push).await;
        }
        for desktop in &mut desktops {
            assert_payloads(&desktop.events(pushes.len()).await, &talk(), pushes);
        }
    }
    assert!(balancer.accepted() > 3 * desktops.len(), "requests were spread");
    for desktop in &mut desktops {
        assert!(desktop.last_events(0, &talk()).await.is_empty());
    }
}

#[tokio::test]
async fn clients_upgrade_although_the_websocket_lands_elsewhere() {
    let deployment = Deployment::start(3).await;
    let balancer = balancer(&deployment).await;
    let token = deployment.token().await;
    for round in 0..9 {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        // Returns when it has upgraded.
        desktop.connect(&balancer.url(), Transports::Upgrade, &token).await;
        let requests = balancer.accepted();
        desktop.join(&talk()).await;
        let push = Push::message(&talk(), round);
        deployment.push(&push).await;
        assert_payloads(&desktop.events(1).await, &talk(), &[push]);
        assert_eq!(desktop.leave(&talk()).await, talk());
        assert_eq!(balancer.accepted(), requests, "nothing is polled any more");
    }
}

#[tokio::test]
async fn a_connector_that_ends_closes_the_websockets_of_its_peers() {
    let mut deployment = Deployment::start(3).await;
    let balancer = balancer(&deployment).await;
    let token = deployment.token().await;
    let mut desktops = Vec::new();
    for _ in 0..6 {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        desktop.connect(&balancer.url(), Transports::Upgrade, &token).await;
        desktops.push(desktop);
    }
    for connector in 0..3 {
        deployment.stops_in_time(connector).await;
        let log = deployment.connectors[connector].log();
        assert!(!log.contains("drain deadline exceeded"), "{log}");
    }
    for desktop in &mut desktops {
        desktop.until("disconnect").await;
    }
}

#[tokio::test]
async fn a_session_of_a_connector_that_is_gone_is_unknown_at_once() {
    let mut deployment = Deployment::start(2).await;
    let client = PollingClient::open(deployment.connectors[0].address()).await;
    let client = client.at(deployment.connectors[1].address());
    assert_eq!(client.post("40").await, (200, "ok".to_owned()));
    deployment.connectors[0].kill();
    let (status, text) = client.post("40").await;
    assert_eq!((status, text.as_str()), (400, r#"{"code":1,"message":"Session ID unknown"}"#));
}
