//! A network that drops everything while connections stay open.

use std::time::Duration;

use testkit::{Deployment, Page, Process, Proxy, Push, Weather, serve, talk};
use tokio::time::{Instant, sleep};

/// For how long the network is away.
const LOSS: Duration = Duration::from_secs(30);
/// Time between two events.
const PAUSE: Duration = Duration::from_millis(200);

/// Pushes a stream of events for so long; returns how many there were.
async fn stream(deployment: &Deployment, first: usize, time: Duration) -> usize {
    let deadline = Instant::now() + time;
    let mut number = first;
    while Instant::now() < deadline {
        deployment.push(&Push::message(&talk(), number)).await;
        number += 1;
        sleep(PAUSE).await;
    }
    number
}

#[tokio::test]
#[ignore = "slow: the network is away for 30 s"]
async fn a_page_without_recovery_code_shows_every_event_once() {
    let deployment = Deployment::start(2).await;
    let network = Proxy::start(deployment.connectors.iter().map(Process::address).collect()).await;
    let site = serve(include_str!("../../clients/desktop.html").to_owned()).await;
    let query = [("server", network.url()), ("token", deployment.token().await), ("conversation", talk())];
    let url = reqwest::Url::parse_with_params(&site, query).expect("a URL");
    let Some(mut page) = Page::open(url.as_str()) else { return };
    deployment.push(&Push::message(&talk(), 0)).await;
    page.counts("#events li", 1).await;

    let before = stream(&deployment, 1, Duration::from_secs(2)).await;
    network.set(Weather::Lost);
    let meanwhile = stream(&deployment, before, LOSS).await;
    network.clear_up();
    let all = stream(&deployment, meanwhile, Duration::from_secs(2)).await;

    page.counts("#events li", all).await;
    let expected: Vec<_> = (0..all).map(|number| Push::message(&talk(), number).id).collect();
    assert_eq!(page.texts("#events li").await, expected);
}
