//! What the hub is promised by the live side of the subscriber.

use std::collections::BTreeMap;

use event::Position;

use crate::stage::{Received, Stage, conversation, live_texts};

crate::contract!(
    receives_everything_after_a_subscription,
    receives_nothing_after_unsubscribing,
    receives_only_subscribed_conversations,
    everyone_hears_the_order_of_the_log,
    subscribing_again_changes_nothing,
    concurrent_changes_end_as_the_last_one_says,
    the_subscriber_is_connected,
);

async fn receives_everything_after_a_subscription(stage: Stage) {
    let connector = stage.connector().await;
    for number in 0..200 {
        let name = conversation(&format!("c{number}"));
        connector.subscriber.subscribe(&name).await.unwrap();
        assert_eq!(stage.say(&name, "a").await.1, 1, "round {number}");
        connector.received.until("the event", |all| all.len() == number + 1).await;
    }
}

async fn receives_nothing_after_unsubscribing(stage: Stage) {
    let (gone, kept) = (conversation("gone"), conversation("kept"));
    let connector = stage.connector().await.subscribed(&gone).await.subscribed(&kept).await;
    for number in 0..100 {
        stage.say(&gone, "before").await;
        connector.subscriber.unsubscribe(&gone).await.unwrap();
        let messages = connector.received.all().len();
        assert_eq!(stage.say(&gone, "after").await.1, 0);
        // Both come by the same way, so the latter would come first.
        stage.say(&kept, "end").await;
        let all = connector.received.until("the end", |all| all.len() > messages).await;
        assert_eq!(live_texts(&all[messages..]), ["end"], "round {number}");
        connector.subscriber.subscribe(&gone).await.unwrap();
    }
}

async fn receives_only_subscribed_conversations(stage: Stage) {
    let connector = stage.connector().await.subscribed(&conversation("mine")).await;
    stage.say(&conversation("mine2"), "a").await;
    stage.say(&conversation("min"), "b").await;
    let (position, _) = stage.say(&conversation("mine"), "c").await;
    assert_eq!(connector.received.texts(1).await, ["c"]);
    let Received::Live { conversation: name, event } = connector.received.all().remove(0) else {
        panic!("not a live event");
    };
    assert_eq!((name.as_str(), event.position), (conversation("mine").as_str(), position));
}

async fn everyone_hears_the_order_of_the_log(stage: Stage) {
    let name = conversation("c");
    let first = stage.connector().await.subscribed(&name).await;
    let second = stage.connector().await.subscribed(&name).await;
    let texts: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    futures_util::future::join_all(texts.iter().map(|text| stage.say(&name, text))).await;
    let log = first.log.read_after(&name, Position::START, 1000).await.unwrap();
    let log: Vec<_> = log.into_iter().map(|event| Received::Live { conversation: name.to_string(), event }).collect();
    assert_eq!(log.len(), 300);
    for connector in [&first, &second] {
        assert_eq!(connector.received.until("all of them", |all| all.len() == 300).await, log);
    }
}

async fn subscribing_again_changes_nothing(stage: Stage) {
    let name = conversation("c");
    let connector = stage.connector().await.subscribed(&name).await.subscribed(&name).await;
    assert_eq!(stage.say(&name, "a").await.1, 1);
    connector.subscriber.unsubscribe(&name).await.unwrap();
    connector.subscriber.unsubscribe(&name).await.unwrap();
    assert_eq!(stage.say(&name, "b").await.1, 0);
    connector.subscriber.subscribe(&name).await.unwrap();
    stage.say(&name, "c").await;
    assert_eq!(connector.received.texts(2).await, ["a", "c"]);
}

async fn concurrent_changes_end_as_the_last_one_says(stage: Stage) {
    let connector = stage.connector().await;
    let names: Vec<_> = (0..20).map(|number| conversation(&format!("c{number}"))).collect();
    let changes = names.iter().enumerate().map(|(number, name)| {
        let subscriber = &connector.subscriber;
        async move {
            for round in 0..10 + number {
                if round % 2 == 0 {
                    subscriber.subscribe(name).await.unwrap();
                } else {
                    subscriber.unsubscribe(name).await.unwrap();
                }
            }
        }
    });
    futures_util::future::join_all(changes).await;
    let mut receivers = BTreeMap::new();
    for (number, name) in names.iter().enumerate() {
        receivers.insert(number, stage.say(name, "a").await.1);
    }
    let expected = (0..20).map(|number| (number, number as u64 % 2)).collect();
    assert_eq!(receivers, expected);
}

async fn the_subscriber_is_connected(stage: Stage) {
    assert!(stage.connector().await.subscriber.is_connected());
}
