//! Several connectors behind a balancer that knows nothing of sessions, as on Cloud Run without session affinity.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{ClientLibrary, Deployment, Desktop, PATIENCE, Push, Transports, assert_payloads, http};

const CONVERSATION: &str = "projects/acme-support/conversations/balanced";

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
struct Balancer {
    port: u16,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Balancer {
    async fn start(deployment: &Deployment) -> Self {
        let ports: Vec<_> = deployment.connectors.iter().map(crate::support::Process::port).collect();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let to = ports[counted.fetch_add(1, Ordering::SeqCst) % ports.len()];
                tokio::spawn(async move {
                    if let Ok(mut connector) = TcpStream::connect(("127.0.0.1", to)).await {
                        // Either side may end it.
                        let _ = copy_bidirectional(&mut client, &mut connector).await;
                    }
                });
            }
        });
        Self { port, connections, task }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn desktops(deployment: &Deployment, balancer: &Balancer) -> Vec<Desktop> {
    let token = deployment.token().await;
    let mut desktops = Vec::new();
    for (library, transports) in DESKTOPS {
        let mut desktop = Desktop::new(library);
        desktop.connect(&balancer.url(), transports, &token).await;
        assert_eq!(desktop.join(CONVERSATION).await, CONVERSATION);
        desktops.push(desktop);
    }
    desktops
}

#[tokio::test]
async fn clients_that_poll_get_everything_once_wherever_their_requests_land() {
    let deployment = Deployment::start(3).await;
    let balancer = Balancer::start(&deployment).await;
    let mut desktops = desktops(&deployment, &balancer).await;
    let pushes: Vec<_> = (0..60).map(|number| Push::message(CONVERSATION, number)).collect();
    for push in &pushes {
        deployment.push(push).await;
    }
    for desktop in &mut desktops {
        assert_payloads(&desktop.events(pushes.len()).await, CONVERSATION, &pushes);
    }
    assert!(balancer.connections.load(Ordering::SeqCst) > 3 * desktops.len(), "requests were spread");
    for desktop in &mut desktops {
        assert!(desktop.last_events(0, CONVERSATION).await.is_empty());
    }
}

#[tokio::test]
async fn clients_upgrade_although_the_websocket_lands_elsewhere() {
    let deployment = Deployment::start(3).await;
    let balancer = Balancer::start(&deployment).await;
    let token = deployment.token().await;
    for round in 0..9 {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        // Returns when it has upgraded.
        desktop.connect(&balancer.url(), Transports::Upgrade, &token).await;
        let requests = balancer.connections.load(Ordering::SeqCst);
        desktop.join(CONVERSATION).await;
        let push = Push::message(CONVERSATION, round);
        deployment.push(&push).await;
        assert_payloads(&desktop.events(1).await, CONVERSATION, &[push]);
        assert_eq!(desktop.leave(CONVERSATION).await, CONVERSATION);
        assert_eq!(balancer.connections.load(Ordering::SeqCst), requests, "nothing is polled any more");
    }
}

#[tokio::test]
async fn a_connector_that_ends_lets_go_of_the_websockets_that_it_holds_for_others() {
    let mut deployment = Deployment::start(3).await;
    let balancer = Balancer::start(&deployment).await;
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
        assert!(!log.contains("not every desktop could be let go in time"), "{log}");
    }
    for desktop in &mut desktops {
        desktop.until("disconnect").await;
    }
}

#[tokio::test]
async fn a_session_of_a_connector_that_is_gone_is_unknown_at_once() {
    let mut deployment = Deployment::start(2).await;
    let open = http().get(deployment.connectors[0].url("/socket.io/?EIO=4&transport=polling")).send().await;
    let open = open.expect("an answer").text().await.expect("a text");
    let open: Value = serde_json::from_str(&open[1..]).expect("JSON");
    let sid = open["sid"].as_str().expect("a session id").to_owned();
    let post = async |deployment: &Deployment| {
        let url = deployment.connectors[1].url(&format!("/socket.io/?EIO=4&transport=polling&sid={sid}"));
        let answer = http().post(url).body("40").timeout(PATIENCE).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    assert_eq!(post(&deployment).await, (200, "ok".to_owned()));
    deployment.connectors[0].kill();
    let (status, text) = post(&deployment).await;
    assert_eq!((status, text.as_str()), (400, r#"{"code":1,"message":"Session ID unknown"}"#));
}
