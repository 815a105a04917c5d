//! Messages between connectors.

use std::time::Duration;

use event::ConnectorId;
use tokio::time::timeout;

use crate::contract;
use crate::stage::Stage;
use testkit::{in_time, until};

/// After which time without a message there are no more.
const SILENCE: Duration = Duration::from_millis(500);

async fn letters_reach_the_connector_that_they_are_for(stage: Stage) {
    let (first, second) = (stage.connector().await, stage.connector().await);
    let (mut to_first, mut to_second) = (first.messenger.peer_messages(), second.messenger.peer_messages());
    let message = [&b"\x00\xff "[..], &vec![7; 100_000]].concat();
    // The inbox of a cluster's connector may be with a server that is not connected yet.
    until("the message is claimed", async || first.messenger.send(&second.id, &message).await.unwrap()).await;
    assert_eq!(in_time("the message", to_second.recv()).await.unwrap(), message);
    until("the answer is claimed", async || second.messenger.send(&first.id, b"").await.unwrap()).await;
    assert_eq!(in_time("the answer", to_first.recv()).await.unwrap(), "");
}

async fn a_message_to_no_connector_is_reported(stage: Stage) {
    let connector = stage.connector().await;
    assert!(!connector.messenger.send(&ConnectorId::generate(), b"hello").await.unwrap());
}

async fn unread_messages_are_dropped_beyond_a_bound(stage: Stage) {
    let (sender, receiver) = (stage.connector().await, stage.connector().await);
    let mut peer_messages = receiver.messenger.peer_messages();
    until("the inbox stands", async || sender.messenger.send(&receiver.id, b"first").await.unwrap()).await;
    for _ in 0..1_100 {
        sender.messenger.send(&receiver.id, b"next").await.unwrap();
    }
    let mut read = 0;
    while timeout(SILENCE, peer_messages.recv()).await.is_ok() {
        read += 1;
    }
    assert!((1_024..1_101).contains(&read), "{read}");
}

contract!(
    letters_reach_the_connector_that_they_are_for,
    a_message_to_no_connector_is_reported,
    unread_messages_are_dropped_beyond_a_bound,
);
