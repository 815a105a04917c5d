//! The loss of the subscription, and its end.

use std::time::Duration;

use broker::{Error, LogReader as _, Publisher as _, Recorded, RedisBroker, RedisSettings, Retention};
use event::{ConversationName, Position};
use futures_util::FutureExt as _;

use crate::stage::{Connector, Received, conversation, live_texts, new_event};
use testkit::redis::RedisServer;
use testkit::{PATIENCE, until};

fn broker_of(server: &RedisServer) -> RedisBroker {
    RedisBroker::new(RedisSettings::new(server.url()), Retention::default()).unwrap()
}

async fn receivers(broker: &RedisBroker, name: &ConversationName, text: &str) -> u64 {
    let mut receivers = None;
    let record = async || match broker.record(&new_event(name, text)).await {
        Ok(Recorded::Accepted { receivers: messages, .. }) => receivers.insert(messages) == &messages,
        _ => false,
    };
    until("the event is recorded", record).await;
    receivers.unwrap()
}

#[tokio::test]
async fn a_restart_is_reported_as_lost_and_restored() {
    let mut server = RedisServer::start().await;
    let broker = broker_of(&server);
    let (kept, left) = (conversation("kept"), conversation("left"));
    let connector = Connector::on_redis(&broker).await.subscribed(&kept).await.subscribed(&left).await;
    server.kill();
    connector.received.until("the loss", |all| all == &[Received::Lost]).await;
    assert!(!connector.subscriber.is_connected());
    assert!(matches!(connector.subscriber.subscribe(&conversation("new")).await, Err(Error::Unavailable(_))));
    connector.subscriber.unsubscribe(&left).await.unwrap();
    server.restart().await;
    connector.received.until("its end", |all| all == &[Received::Lost, Received::Restored]).await;
    assert!(connector.subscriber.is_connected());
    assert_eq!(receivers(&broker, &left, "left").await, 0);
    assert_eq!(receivers(&broker, &conversation("new"), "new").await, 0);
    assert_eq!(receivers(&broker, &kept, "kept").await, 1);
    assert_eq!(connector.received.texts(3).await, ["kept"]);
}

#[tokio::test]
async fn reports_the_first_connection_to_earlier_subscribers() {
    let mut server = RedisServer::start().await;
    let broker = broker_of(&server);
    server.kill();
    let connector = Connector::start(&broker);
    assert!(matches!(connector.subscriber.subscribe(&conversation("early")).await, Err(Error::Unavailable(_))));
    server.restart().await;
    connector.received.until("the connection", |all| all == &[Received::Restored]).await;
    connector.subscriber.subscribe(&conversation("early")).await.unwrap();
}

#[tokio::test]
async fn no_failure_to_connect_is_remembered() {
    let server = RedisServer::start_with(&["--unixsocket", "redis.sock"]).await;
    let way = server.directory().join("way");
    // "Not a directory": an error of the kind that says nothing about the connection, as those of DNS.
    std::fs::write(&way, "").unwrap();
    let url = format!("redis+unix://{}", way.join("redis.sock").display());
    let broker = RedisBroker::new(RedisSettings::new(url), Retention::default()).unwrap();
    assert!(matches!(broker.ping().await, Err(Error::Unavailable(_))));
    std::fs::remove_file(&way).unwrap();
    std::os::unix::fs::symlink(server.directory(), &way).unwrap();
    broker.ping().await.unwrap();
}

#[tokio::test]
async fn many_subscriptions_come_back_after_each_loss() {
    let server = RedisServer::start().await;
    let broker = broker_of(&server);
    let connector = Connector::on_redis(&broker).await;
    let names: Vec<_> = (0..700).map(|number| conversation(&format!("c{number}"))).collect();
    futures_util::future::join_all(names.iter().map(|name| connector.subscriber.subscribe(name))).await;
    for round in 1..=4 {
        server.cli::<i64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        connector.received.until("the end of the loss", |all| all.len() == 2 * round).await;
        let subscribed: Vec<String> = server.cli(&["PUBSUB", "SHARDCHANNELS", "*:live"]).await;
        assert_eq!(subscribed.len(), names.len(), "round {round}");
    }
    let messages = connector.received.all();
    let expected = [Received::Lost, Received::Restored];
    assert!(messages.chunks(2).all(|pair| pair == expected), "{messages:?}");
}

#[tokio::test]
async fn an_unsubscribe_during_a_loss_lasts() {
    let server = RedisServer::start().await;
    let connector = Connector::on_redis(&broker_of(&server)).await;
    let names: Vec<_> = (0..3000).map(|number| conversation(&format!("c{number}"))).collect();
    futures_util::future::join_all(names.iter().map(|name| connector.subscriber.subscribe(name))).await;
    server.cli::<i64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    connector.received.until("the loss", |all| !all.is_empty()).await;
    let channels = async || server.cli::<Vec<String>>(&["PUBSUB", "SHARDCHANNELS", "*:live"]).await;
    until("subscribing has begun again", async || !channels().await.is_empty()).await;
    // The first half, which is at the server already or on its way there.
    for name in &names[..1500] {
        connector.subscriber.unsubscribe(name).await.unwrap();
    }
    connector.received.until("the end of the loss", |all| all.len() == 2).await;
    assert_eq!(channels().await.len(), 1500);
}

#[tokio::test]
async fn live_events_and_log_are_complete_together() {
    let server = RedisServer::start().await;
    let broker = broker_of(&server);
    let (name, texts) = (conversation("c"), (0..600).map(|number| number.to_string()).collect::<Vec<_>>());
    let connector = Connector::on_redis(&broker).await.subscribed(&name).await;
    for (number, text) in texts.iter().enumerate() {
        if number % 100 == 50 {
            server.cli::<i64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        }
        broker.record(&new_event(&name, text)).await.unwrap();
    }
    receivers(&broker, &conversation("other"), "").await;
    until("the subscriber is connected", async || connector.subscriber.is_connected()).await;
    broker.record(&new_event(&name, "end")).await.unwrap();
    let messages =
        connector.received.until("the end", |all| live_texts(all).last().is_some_and(|last| last == "end")).await;
    let mut position = Position::START;
    let mut whole = Vec::new();
    for messages in messages {
        match messages {
            Received::Live { event, .. } if event.position > position => {
                position = event.position;
                whole.push(event);
            }
            Received::Restored => {
                // A hub would have read at once, and found no more than is there by now.
                for event in connector.log.read_after(&name, position, 1000).await.unwrap() {
                    position = event.position;
                    whole.push(event);
                }
            }
            _ => {}
        }
    }
    let messages: Vec<_> = whole.iter().map(crate::stage::text_of).collect();
    assert_eq!(messages, [&texts[..], &["end".to_owned()]].concat());
}

#[tokio::test]
async fn an_abandoned_subscription_is_taken_back() {
    let server = RedisServer::start().await;
    let broker = broker_of(&server);
    let connector = Connector::on_redis(&broker).await;
    for number in 0..50 {
        let name = conversation(&format!("c{number}"));
        assert!(connector.subscriber.subscribe(&name).now_or_never().is_none());
        connector.subscriber.subscribe(&name).await.unwrap();
        assert!(connector.subscriber.unsubscribe(&name).now_or_never().is_none());
    }
    let nothing_left = async || server.cli::<Vec<String>>(&["PUBSUB", "SHARDCHANNELS", "*:live"]).await.is_empty();
    until("nothing is subscribed", nothing_left).await;
    assert_eq!(connector.received.all(), []);
}

#[tokio::test]
async fn a_subscription_that_is_not_confirmed_is_a_loss() {
    let server = RedisServer::start_with(&["--enable-debug-command", "yes"]).await;
    let settings = RedisSettings { response_timeout: Duration::from_millis(100), ..RedisSettings::new(server.url()) };
    let broker = RedisBroker::new(settings, Retention::default()).unwrap();
    let connector = Connector::on_redis(&broker).await.subscribed(&conversation("kept")).await;
    let frozen = freeze(&server);
    let subscribed = async {
        let mut number = 0;
        let failed = async || {
            number += 1;
            connector.subscriber.subscribe(&conversation(&format!("c{number}"))).await.is_err()
        };
        until("subscribing fails", failed).await;
        number
    };
    let ((), failed) = tokio::join!(frozen, subscribed);
    connector.received.until("the loss and its end", |all| all == &[Received::Lost, Received::Restored]).await;
    let is_gone = async || receivers(&broker, &conversation(&format!("c{failed}")), "").await == 0;
    until("the lost connection is gone", is_gone).await;
    for name in (1..failed).map(|number| format!("c{number}")).chain(["kept".to_owned()]) {
        assert_eq!(receivers(&broker, &conversation(&name), "a").await, 1, "{name}");
    }
}

/// Has the server do nothing for a while.
async fn freeze(server: &RedisServer) {
    let mut raw = redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    raw.set_response_timeout(PATIENCE);
    redis::cmd("DEBUG").arg("SLEEP").arg("1.5").exec_async(&mut raw).await.unwrap();
}

#[tokio::test]
async fn an_undelivered_mark_survives_the_loss_of_the_answer() {
    let server = RedisServer::start_with(&["--enable-debug-command", "yes"]).await;
    let settings = RedisSettings { response_timeout: Duration::from_millis(100), ..RedisSettings::new(server.url()) };
    let probe = RedisBroker::new(settings.clone(), Retention::default()).unwrap();
    let broker = RedisBroker::new(settings, Retention::default()).unwrap();
    let name = conversation("c");
    broker.record(&new_event(&name, "a")).await.unwrap();
    // Else the lost answer would be that the script has to be loaded.
    broker.open(&conversation("other")).await.unwrap();
    let claimed = async {
        until("Redis is frozen", async || probe.ping().await.is_err()).await;
        // Redis will read this when we have long given it up.
        assert!(broker.open(&name).await.is_err());
    };
    tokio::join!(freeze(&server), claimed);
    let mark_gone = async || !server.cli::<bool>(&["EXISTS", &format!("aa:{{{name}}}:unheard")]).await;
    until("the mark is claimed", mark_gone).await;
    let other = broker_of(&server);
    assert_eq!(other.open(&name).await.unwrap().undelivered, None);
    let mut opened = None;
    let answered = async || broker.open(&name).await.is_ok_and(|answer| opened.replace(answer).is_none());
    until("opening succeeds", answered).await;
    let opened = opened.unwrap();
    assert_eq!(opened.undelivered, Some(opened.tail));
    assert_eq!(broker.open(&name).await.unwrap().undelivered, None);
}

#[tokio::test]
async fn a_stopped_subscriber_returns_an_error() {
    let server = RedisServer::start().await;
    let mut connector = Connector::on_redis(&broker_of(&server)).await.subscribed(&conversation("c")).await;
    drop(connector.stop.take());
    let stopped = async || matches!(connector.subscriber.subscribe(&conversation("d")).await, Err(Error::Stopped));
    until("the subscriber has stopped", stopped).await;
    assert!(!connector.subscriber.is_connected());
    let gone = async || server.cli::<Vec<String>>(&["PUBSUB", "SHARDCHANNELS", "*:live"]).await.is_empty();
    until("the connection is closed", gone).await;
    assert_eq!(connector.received.all(), []);
}
