//! What the hub is promised by the live side of the bus.

use std::collections::BTreeMap;

use event::Position;

use crate::stage::{Heard, Stage, conversation, live_texts};

crate::contract!(
    what_follows_a_subscription_is_heard,
    nothing_is_heard_after_unsubscribing,
    only_subscribed_conversations_are_heard,
    everyone_hears_the_order_of_the_log,
    subscribing_again_changes_nothing,
    concurrent_changes_end_as_the_last_one_says,
    the_bus_is_connected,
);

async fn what_follows_a_subscription_is_heard(stage: Stage) {
    let connector = stage.connector().await;
    for number in 0..200 {
        let name = conversation(&format!("c{number}"));
        connector.bus.subscribe(&name).await.unwrap();
        assert_eq!(stage.say(&name, "a").await.1, 1, "round {number}");
        connector.ear.until("the event", |all| all.len() == number + 1).await;
    }
}

async fn nothing_is_heard_after_unsubscribing(stage: Stage) {
    let (gone, kept) = (conversation("gone"), conversation("kept"));
    let connector = stage.connector().await.subscribed(&gone).await.subscribed(&kept).await;
    for number in 0..100 {
        stage.say(&gone, "before").await;
        connector.bus.unsubscribe(&gone).await.unwrap();
        let heard = connector.ear.all().len();
        assert_eq!(stage.say(&gone, "after").await.1, 0);
        // Both come by the same way, so the latter would come first.
        stage.say(&kept, "end").await;
        let all = connector.ear.until("the end", |all| all.len() > heard).await;
        assert_eq!(live_texts(&all[heard..]), ["end"], "round {number}");
        connector.bus.subscribe(&gone).await.unwrap();
    }
}

async fn only_subscribed_conversations_are_heard(stage: Stage) {
    let connector = stage.connector().await.subscribed(&conversation("mine")).await;
    stage.say(&conversation("mine2"), "a").await;
    stage.say(&conversation("min"), "b").await;
    let (position, _) = stage.say(&conversation("mine"), "c").await;
    assert_eq!(connector.ear.texts(1).await, ["c"]);
    let Heard::Live { conversation: name, event } = connector.ear.all().remove(0) else {
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
    let log: Vec<_> = log.into_iter().map(|event| Heard::Live { conversation: name.to_string(), event }).collect();
    assert_eq!(log.len(), 300);
    for connector in [&first, &second] {
        assert_eq!(connector.ear.until("all of them", |all| all.len() == 300).await, log);
    }
}

async fn subscribing_again_changes_nothing(stage: Stage) {
    let name = conversation("c");
    let connector = stage.connector().await.subscribed(&name).await.subscribed(&name).await;
    assert_eq!(stage.say(&name, "a").await.1, 1);
    connector.bus.unsubscribe(&name).await.unwrap();
    connector.bus.unsubscribe(&name).await.unwrap();
    assert_eq!(stage.say(&name, "b").await.1, 0);
    connector.bus.subscribe(&name).await.unwrap();
    stage.say(&name, "c").await;
    assert_eq!(connector.ear.texts(2).await, ["a", "c"]);
}

async fn concurrent_changes_end_as_the_last_one_says(stage: Stage) {
    let connector = stage.connector().await;
    let names: Vec<_> = (0..20).map(|number| conversation(&format!("c{number}"))).collect();
    let changes = names.iter().enumerate().map(|(number, name)| {
        let bus = &connector.bus;
        async move {
            for round in 0..10 + number {
                if round % 2 == 0 { bus.subscribe(name).await.unwrap() } else { bus.unsubscribe(name).await.unwrap() }
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

async fn the_bus_is_connected(stage: Stage) {
    assert!(stage.connector().await.bus.is_connected());
}
