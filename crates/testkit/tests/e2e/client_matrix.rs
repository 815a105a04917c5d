//! Every client library that is in use, by every transport, on two connectors.

use futures_util::future::join_all;
use testkit::{ClientLibrary, Deployment, Desktop, Push, Transports, assert_payloads, talk};

fn long_name() -> String {
    talk().replacen("/conversations/", "/locations/europe-west2/conversations/", 1)
}

const LIBRARIES: [ClientLibrary; 4] =
    [ClientLibrary::Js48, ClientLibrary::Js40, ClientLibrary::Js30, ClientLibrary::Python];
const TRANSPORTS: [Transports; 3] = [Transports::WebSocket, Transports::Polling, Transports::Upgrade];

/// Joins a desktop of every library to `conversation`, one half on each connector.
async fn desktops(deployment: &Deployment, transports: Transports) -> Vec<Desktop> {
    let token = deployment.token().await;
    let mut desktops: Vec<_> = LIBRARIES.map(Desktop::new).into();
    for (number, desktop) in desktops.iter_mut().enumerate() {
        let connector = &deployment.connectors[number % deployment.connectors.len()];
        desktop.connect(&connector.url(""), transports, &token).await;
        let name = if number < 2 { long_name() } else { talk() };
        assert_eq!(desktop.join(&name).await, talk());
    }
    desktops
}

/// The three tests below run it at the same time.
async fn every_desktop_gets_every_event_once(transports: Transports) {
    let deployment = Deployment::start(2).await;
    let mut desktops = desktops(&deployment, transports).await;
    let pushes = Push::of_every_kind(&talk());
    for push in &pushes {
        deployment.push(push).await;
    }
    for desktop in &mut desktops {
        let events = desktop.last_events(pushes.len(), &long_name()).await;
        assert_payloads(&events, &talk(), &pushes);
    }
    assert_eq!(deployment.mapping(&talk()).await, None);
}

#[tokio::test]
async fn by_websocket_every_desktop_gets_every_event_once() {
    every_desktop_gets_every_event_once(Transports::WebSocket).await;
}

#[tokio::test]
async fn by_polling_every_desktop_gets_every_event_once() {
    every_desktop_gets_every_event_once(Transports::Polling).await;
}

#[tokio::test]
async fn by_upgrade_every_desktop_gets_every_event_once() {
    every_desktop_gets_every_event_once(Transports::Upgrade).await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_the_same_words_to_all() {
    let deployment = Deployment::start(1).await;
    let url = deployment.connectors[0].url("");
    let good = deployment.token().await;
    let forged = format!("{}.AAAA", good.rsplit_once('.').expect("a signature").0);
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).expect("claims"));
    let refusals = LIBRARIES.iter().flat_map(|library| {
        let bad_tokens = ["", "nonsense", &unsigned, &forged].into_iter().zip(TRANSPORTS.iter().cycle());
        bad_tokens.map(|(token, transports)| is_refused(*library, &url, *transports, token))
    });
    join_all(refusals).await;
}

async fn is_refused(library: ClientLibrary, url: &str, transports: Transports, token: &str) {
    let mut desktop = Desktop::new(library);
    desktop.try_connect(url, transports, token).await;
    let refused = desktop.until("connect_error").await;
    assert_eq!(refused["message"], "authentication failed", "{library:?} {transports:?} {token:?}");
}
