//! Letters from connector to connector.

use event::ConnectorId;
use tokio::time::timeout;

use crate::contract;
use crate::stage::{PATIENCE, Stage, eventually};

async fn letters_reach_the_connector_that_they_are_for(stage: Stage) {
    let (first, second) = (stage.connector().await, stage.connector().await);
    let (mut to_first, mut to_second) = (first.courier.letters(), second.courier.letters());
    let letter = [&b"\x00\xff "[..], &vec![7; 100_000]].concat();
    // The inbox of a cluster's connector may be with a server that is not connected yet.
    eventually("the letter is taken", async || first.courier.send(&second.id, &letter).await.unwrap()).await;
    assert_eq!(timeout(PATIENCE, to_second.recv()).await.unwrap().unwrap(), letter);
    eventually("the answer is taken", async || second.courier.send(&first.id, b"").await.unwrap()).await;
    assert_eq!(timeout(PATIENCE, to_first.recv()).await.unwrap().unwrap(), "");
}

async fn a_letter_to_nobody_is_told_to_be_lost(stage: Stage) {
    let connector = stage.connector().await;
    assert!(!connector.courier.send(&ConnectorId::generate(), b"hello").await.unwrap());
}

async fn letters_that_nobody_reads_are_dropped_beyond_a_bound(stage: Stage) {
    let (sender, receiver) = (stage.connector().await, stage.connector().await);
    let mut letters = receiver.courier.letters();
    eventually("the inbox stands", async || sender.courier.send(&receiver.id, b"first").await.unwrap()).await;
    for _ in 0..1_100 {
        sender.courier.send(&receiver.id, b"next").await.unwrap();
    }
    let mut read = 0;
    while timeout(PATIENCE / 40, letters.recv()).await.is_ok() {
        read += 1;
    }
    assert!((1_024..1_101).contains(&read), "{read}");
}

contract!(
    letters_reach_the_connector_that_they_are_for,
    a_letter_to_nobody_is_told_to_be_lost,
    letters_that_nobody_reads_are_dropped_beyond_a_bound,
);
