//! Cloud Pub/Sub: a steady stream of events, each delivered until it is acknowledged, and some once more.

use std::sync::Arc;
use std::time::Duration;

use broker::{LogReader as _, RedisBroker};
use event::{ConversationName, EventKind, Position};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use simulator::notification::Notification;
use simulator::pubsub::{PublishedMessage, PushSubscription, Topics};
use tokio::sync::RwLock;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::desktop::number_of;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::stage::System;

/// One in so many messages is delivered once more although it was acknowledged.
const REPEATED: u32 = 50;
/// Bytes of text in an event, and in one of a busy conversation.
const TEXT: (usize, usize) = (400, 8_000);
/// Mean time between two events of a conversation, and of a busy one.
const PAUSE: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(50));
/// Events that are read from a log at once, and the time between two reads.
const PAGE: usize = 64;
const TICK: Duration = Duration::from_millis(10);

/// Whether events are published.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Held for reading while a message is delivered; for writing while none may be.
    pub(crate) turn: RwLock<()>,
    pub(crate) end: CancellationToken,
}

/// How the events of one conversation reach an interceptor.
enum Way {
    Push(PushSubscription),
    Pull(Box<(Topics, Witness)>),
}

impl Way {
    fn new(stage: &System, conversation: usize) -> Self {
        let conversation = Plan::conversation(conversation).parse().expect("a conversation's name");
        match stage.topics() {
            Some(topics) => {
                let log = stage.broker.clone();
                Self::Pull(Box::new((topics, Witness { log, conversation, seen: Position::START })))
            }
            None => Self::Push(PushSubscription::new(stage.pushes.url()).expect("an HTTP client")),
        }
    }

    /// Returns when the event is acknowledged, or in the log. Returns the message if it was pushed.
    async fn deliver(&mut self, notification: Notification, number: u64) -> Option<PublishedMessage> {
        match self {
            Self::Push(subscription) => {
                let message = PublishedMessage::publish(&notification);
                subscription.deliver(&message).await;
                Some(message)
            }
            Self::Pull(way) => {
                way.0.publish(&notification).await;
                way.1.sees(number).await;
                None
            }
        }
    }
}

/// Reads the log of one conversation, because a publisher does not learn when a pulled message is acknowledged.
struct Witness {
    log: RedisBroker,
    conversation: ConversationName,
    seen: Position,
}

impl Witness {
    /// Waits until the event of this number is in the log, whatever happens to Redis meanwhile.
    async fn sees(&mut self, number: u64) {
        loop {
            for event in self.log.read_after(&self.conversation, self.seen, PAGE).await.unwrap_or_default() {
                self.seen = event.position;
                let payload = serde_json::from_slice(&event.payload.json).ok();
                if payload.and_then(|payload| number_of(&payload)) == Some(number) {
                    return;
                }
            }
            sleep(TICK).await;
        }
    }
}

/// Starts one publisher for each conversation. Its next event comes when the one before is acknowledged, so the numbers
/// are in the order of the log.
pub(crate) fn start(plan: &Plan, stage: &System, ledger: &Arc<Ledger>, publishing: &Arc<Publishing>) -> TaskTracker {
    let tasks = TaskTracker::new();
    for conversation in 0..plan.conversations() {
        let random = StdRng::seed_from_u64(plan.seed ^ conversation as u64);
        let way = Way::new(stage, conversation);
        tasks.spawn(publish(conversation, way, ledger.clone(), publishing.clone(), random));
    }
    tasks
}

async fn publish(
    conversation: usize,
    mut way: Way,
    ledger: Arc<Ledger>,
    publishing: Arc<Publishing>,
    mut random: StdRng,
) {
    let pause = if Plan::is_busy(conversation) { PAUSE.1 } else { PAUSE.0 };
    for number in 1.. {
        sleep(pause.mul_f64(random.random_range(0.1..1.9))).await;
        let _turn = publishing.turn.read().await;
        if publishing.end.is_cancelled() {
            return;
        }
        let message = way.deliver(notification(conversation, number, &mut random), number).await;
        ledger.published(conversation, number);
        if let (Some(message), Way::Push(subscription)) = (message, &way)
            && random.random_ratio(1, REPEATED)
        {
            // It is delivered no third time, whatever the response is.
            let _ = timeout(Duration::from_secs(2), subscription.push(&message)).await;
            ledger.count("repeated pushes");
        }
    }
}

fn notification(conversation: usize, number: u64, random: &mut StdRng) -> Notification {
    let name = Plan::conversation(conversation).replacen("/conversations/", "/locations/global/conversations/", 1);
    let length = if Plan::is_busy(conversation) { TEXT.1 } else { TEXT.0 };
    let event = json!({"conversation": name, "chaos": number, "text": "x".repeat(length)});
    let kind = EventKind::ALL[random.random_range(0..EventKind::ALL.len())];
    Notification { pause: Duration::ZERO, kind, event, attributes: json!({}) }
}
