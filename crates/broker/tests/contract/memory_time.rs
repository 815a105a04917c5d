//! What the broker in memory forgets, and when. Its clock is tokio's, so the tests set it.

use std::time::Duration;

use broker::{MemoryBroker, Publisher as _, Recorded, Retention};
use event::Position;

use crate::stage::{Stage, conversation, event_with_id};

const RETENTION: Retention = Retention { time: Duration::from_secs(100), events: 512 };

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_kept_after_its_last_event() {
    let (stage, name) = (Stage::memory(RETENTION), conversation("c"));
    let connector = stage.connector().await;
    let (first, _) = stage.say(&name, "a").await;
    pass(99).await;
    stage.say(&name, "b").await;
    pass(99).await;
    // The mark lasts as long as what it leads to.
    assert_eq!(connector.log.open(&name).await.unwrap().undelivered, Some(first));
    assert_eq!(connector.log.read_after(&name, Position::START, 10).await.unwrap().len(), 2);
    pass(1).await;
    assert_eq!(connector.log.read_after(&name, Position::START, 10).await.unwrap(), []);
    assert_eq!(connector.log.open(&name).await.unwrap().tail, Position::START);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_remembered_for_the_retention_time() {
    let (broker, name) = (MemoryBroker::new(RETENTION), conversation("c"));
    let (event, other) = (event_with_id(&name, "a", "1"), event_with_id(&name, "b", "2"));
    broker.record(&event).await.unwrap();
    pass(60).await;
    broker.record(&other).await.unwrap();
    pass(39).await;
    assert_eq!(broker.record(&event).await.unwrap(), Recorded::Duplicate);
    pass(1).await;
    assert!(matches!(broker.record(&event).await.unwrap(), Recorded::Accepted { .. }));
    assert_eq!(broker.record(&other).await.unwrap(), Recorded::Duplicate);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_begins_again_goes_on_in_order() {
    let (stage, name) = (Stage::memory(RETENTION), conversation("c"));
    let connector = stage.connector().await.subscribed(&name).await;
    let (before, _) = stage.say(&name, "a").await;
    pass(1000).await;
    let (after, receivers) = stage.say(&name, "b").await;
    assert!(after > before, "{after} after {before}");
    // Subscriptions do not expire.
    assert_eq!(receivers, 1);
    assert_eq!(connector.received.texts(2).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_subscriber_receives_nothing() {
    let (stage, name) = (Stage::memory(RETENTION), conversation("c"));
    let connector = stage.connector().await.subscribed(&name).await;
    assert_eq!(stage.say(&name, "a").await.1, 1);
    drop(connector);
    assert_eq!(stage.say(&name, "b").await.1, 0);
}
