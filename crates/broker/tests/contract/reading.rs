//! What the hub is promised by the log behind the subscriber.

use broker::{LogHead, Retention};
use event::{ConversationName, Position};

use crate::stage::{Connector, Stage, conversation, text_of};

crate::contract!(
    a_new_conversation_is_empty,
    the_first_undelivered_event_is_handed_out_once,
    delivered_events_are_not_undelivered,
    the_earliest_mark_stands,
    marks_are_compared_as_numbers,
    a_mark_lasts_without_a_log,
    reading_begins_after_the_position,
    reading_goes_page_by_page,
    one_of_many_takes_the_mark,
);

fn at(millis: u64, sequence: u64) -> Position {
    Position { millis, sequence }
}

async fn undelivered(connector: &Connector, name: &ConversationName) -> Option<Position> {
    connector.log.open(name).await.unwrap().undelivered
}

async fn a_new_conversation_is_empty(stage: Stage) {
    let connector = stage.connector().await;
    let opened = connector.log.open(&conversation("c")).await.unwrap();
    assert_eq!(opened, LogHead { undelivered: None, tail: Position::START, claimed: None });
    assert_eq!(connector.log.read_after(&conversation("c"), Position::START, 10).await.unwrap(), []);
}

async fn the_first_undelivered_event_is_handed_out_once(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    let (first, _) = stage.say(&name, "a").await;
    let (last, _) = stage.say(&name, "b").await;
    assert_eq!(
        connector.log.open(&name).await.unwrap(),
        LogHead { undelivered: Some(first), tail: last, claimed: Some(first) }
    );
    assert_eq!(
        connector.log.open(&name).await.unwrap(),
        LogHead { undelivered: None, tail: last, claimed: Some(first) }
    );
    let (next, _) = stage.say(&name, "c").await;
    assert_eq!(
        connector.log.open(&name).await.unwrap(),
        LogHead { undelivered: Some(next), tail: next, claimed: Some(first) }
    );
}

async fn delivered_events_are_not_undelivered(stage: Stage) {
    let name = conversation("c");
    let connector = stage.connector().await.subscribed(&name).await;
    stage.say(&name, "a").await;
    assert_eq!(undelivered(&connector, &name).await, None);
    connector.subscriber.unsubscribe(&name).await.unwrap();
    let (position, _) = stage.say(&name, "b").await;
    assert_eq!(undelivered(&connector, &name).await, Some(position));
}

async fn the_earliest_mark_stands(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    let (first, _) = stage.say(&name, "a").await;
    connector.log.mark_undelivered(&name, at(first.millis + 1, 0)).await.unwrap();
    assert_eq!(undelivered(&connector, &name).await, Some(first));
    connector.log.mark_undelivered(&name, first).await.unwrap();
    connector.log.mark_undelivered(&name, at(first.millis - 1, 5)).await.unwrap();
    connector.log.mark_undelivered(&name, first).await.unwrap();
    stage.say(&name, "b").await;
    assert_eq!(undelivered(&connector, &name).await, Some(at(first.millis - 1, 5)));
}

async fn marks_are_compared_as_numbers(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    let ascending = [
        at(0, 0),
        at(9, 10),
        at(10, 9),
        at(10, 10),
        at(1 << 53, 0),
        at((1 << 53) + 1, 0),
        at((1 << 53) + 1, u64::MAX - 1),
        at((1 << 53) + 1, u64::MAX),
        at(u64::MAX, u64::MAX),
    ];
    for pair in ascending.windows(2) {
        for order in [[pair[0], pair[1]], [pair[1], pair[0]]] {
            for position in order {
                connector.log.mark_undelivered(&name, position).await.unwrap();
            }
            assert_eq!(undelivered(&connector, &name).await, Some(pair[0]), "{order:?}");
        }
    }
}

async fn a_mark_lasts_without_a_log(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    connector.log.mark_undelivered(&name, at(5, 0)).await.unwrap();
    let opened = connector.log.open(&name).await.unwrap();
    assert_eq!(opened, LogHead { undelivered: Some(at(5, 0)), tail: Position::START, claimed: Some(at(5, 0)) });
}

async fn reading_begins_after_the_position(stage: Stage) {
    let (name, connector) = (conversation("c"), stage.connector().await);
    let mut positions = Vec::new();
    for text in ["a", "b", "c"] {
        positions.push(stage.say(&name, text).await.0);
    }
    let read = async |position| -> String {
        connector.log.read_after(&name, position, 10).await.unwrap().iter().map(text_of).collect()
    };
    assert_eq!(read(Position::START).await, "abc");
    assert_eq!(read(positions[0]).await, "bc");
    assert_eq!(read(positions[1].just_before()).await, "bc");
    assert_eq!(read(positions[0].just_before()).await, "abc");
    assert_eq!(read(positions[2]).await, "");
    assert_eq!(read(at(positions[2].millis, u64::MAX)).await, "");
    assert_eq!(read(at(u64::MAX, u64::MAX)).await, "");
}

async fn reading_goes_page_by_page(_: Stage) {
    let retention = Retention { events: 2_000, ..Retention::default() };
    for stage in [Stage::memory(retention), Stage::redis(retention).await] {
        let (name, connector) = (conversation("c"), stage.connector().await);
        let says = (0..1_300).map(|number| stage.broker_say(&name, number));
        futures_util::future::join_all(says).await;
        let all = connector.log.read_after(&name, Position::START, usize::MAX).await.unwrap();
        assert_eq!(all.len(), 1_300);
        assert!(all.is_sorted_by(|a, b| a.position < b.position));
        let mut paged = Vec::new();
        while let Some(page) = Some(connector.log.read_after(&name, last(&paged), 97).await.unwrap())
            && !page.is_empty()
        {
            assert!(page.len() == 97 || paged.len() + page.len() == 1_300);
            paged.extend(page);
        }
        assert_eq!(paged, all);
        assert_eq!(connector.log.read_after(&name, Position::START, 0).await.unwrap(), []);
    }
}

fn last(events: &[broker::LoggedEvent]) -> Position {
    events.last().map_or(Position::START, |event| event.position)
}

impl Stage {
    async fn broker_say(&self, name: &ConversationName, number: usize) {
        self.say(name, &number.to_string()).await;
    }
}

async fn one_of_many_takes_the_mark(stage: Stage) {
    let name = conversation("c");
    let (position, _) = stage.say(&name, "a").await;
    let connectors = [stage.connector().await, stage.connector().await, stage.connector().await];
    let opened = futures_util::future::join_all(connectors.iter().map(|connector| undelivered(connector, &name))).await;
    assert_eq!(opened.iter().flatten().collect::<Vec<_>>(), [&position]);
}
