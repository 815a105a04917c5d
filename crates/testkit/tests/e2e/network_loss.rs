//! A dropped network, of which neither side is told.

use std::time::Duration;

use simulator::network::{Proxy, Weather};
use tokio::time::{Instant, sleep};

use crate::support::{Deployment, Page, Push, announce, browser};

const CONVERSATION: &str = "projects/acme-support/conversations/network-loss";

/// For how long the network is away.
const LOSS: Duration = Duration::from_secs(30);
/// Time between two events.
const PAUSE: Duration = Duration::from_millis(200);

/// Pushes a stream of events for so long; returns how many there were.
async fn stream(deployment: &Deployment, first: usize, time: Duration) -> usize {
    let deadline = Instant::now() + time;
    let mut number = first;
    while Instant::now() < deadline {
        deployment.push(&Push::message(CONVERSATION, number)).await;
        number += 1;
        sleep(PAUSE).await;
    }
    number
}

#[tokio::test]
async fn a_page_without_code_for_recovery_shows_every_event_once() {
    let Some(browser) = browser() else {
        return announce("SKIPPED: a test with a browser; `make test-tools` installs Chromium on Debian");
    };
    let deployment = Deployment::start(2).await;
    let connectors = deployment.connectors.iter().map(|connector| ([127, 0, 0, 1], connector.port()).into());
    let network = Proxy::start(connectors.collect()).await.expect("a port");
    let server = format!("http://{}", network.address());
    let mut page = Page::open(&browser, &server, &deployment.token().await, CONVERSATION).await;
    deployment.push(&Push::message(CONVERSATION, 0)).await;
    page.shows(1).await;

    let before = stream(&deployment, 1, Duration::from_secs(2)).await;
    network.set(Weather::Lost);
    let meanwhile = stream(&deployment, before, LOSS).await;
    network.clear_up();
    let all = stream(&deployment, meanwhile, Duration::from_secs(2)).await;

    page.shows(all).await;
    let expected: Vec<_> = (0..all).map(|number| Push::message(CONVERSATION, number).id).collect();
    assert_eq!(page.events().await, expected);
}
