//! Cloud Pub/Sub: a steady stream of events, each delivered until it is acknowledged, and some once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use event::EventKind;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use simulator::notification::Notification;
use simulator::publisher::Topics;
use simulator::pubsub::{Message, PushSubscription};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::stage::Stage;
use crate::witness::Witness;

/// One in so many messages is delivered once more although it was acknowledged.
const REPEATED: u32 = 50;

/// Bytes of text in an event, and in one of a busy conversation.
const TEXT: (usize, usize) = (400, 8_000);

/// How much more often a busy conversation has events.
const BUSY: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    On,
    Paused,
    Ended,
}

/// Whether events are published.
#[derive(Debug)]
pub(crate) struct Publishing {
    mode: watch::Sender<Mode>,
    /// Messages on their way.
    under_way: AtomicU64,
}

impl Default for Publishing {
    fn default() -> Self {
        Self { mode: watch::Sender::new(Mode::On), under_way: AtomicU64::new(0) }
    }
}

impl Publishing {
    /// Publishes nothing more, and waits until nothing is on its way.
    pub(crate) async fn pause(&self) {
        self.mode.send_replace(Mode::Paused);
        while self.under_way.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn go_on(&self) {
        self.mode.send_replace(Mode::On);
    }

    pub(crate) fn end(&self) {
        self.mode.send_replace(Mode::Ended);
    }

    /// False at the end.
    async fn turn(&self) -> bool {
        let mut mode = self.mode.subscribe();
        loop {
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let now = *mode.borrow_and_update();
            match now {
                Mode::On => return true,
                Mode::Paused | Mode::Ended => self.done(),
            }
            if now == Mode::Ended || mode.changed().await.is_err() {
                return false;
            }
        }
    }

    fn done(&self) {
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How the events of one conversation reach an interceptor.
enum Way {
    Push(PushSubscription),
    Pull(Box<(Topics, Witness)>),
}

impl Way {
    fn new(stage: &Stage, conversation: usize) -> Self {
        match stage.to_pull() {
            Some((topics, broker)) => {
                let witness = Witness::new(broker, &Plan::conversation(conversation));
                Self::Pull(Box::new((topics.publisher(), witness)))
            }
            None => Self::Push(PushSubscription::new(stage.push_address()).expect("an HTTP client")),
        }
    }

    /// Returns when the event is acknowledged, or seen in the log.
    async fn deliver(&mut self, notification: Notification, number: u64) -> Option<Message> {
        match self {
            Self::Push(subscription) => {
                let message = Message::publish(&notification);
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

/// One publisher for each conversation. Its next event comes when the one before is acknowledged, so the
/// numbers are in the order of the log.
pub(crate) fn start(plan: &Plan, stage: &Stage, ledger: &Arc<Ledger>, publishing: &Arc<Publishing>) -> TaskTracker {
    let tasks = TaskTracker::new();
    for conversation in 0..plan.conversations {
        let way = Way::new(stage, conversation);
        let (ledger, publishing) = (ledger.clone(), publishing.clone());
        let random = StdRng::seed_from_u64(plan.seed ^ conversation as u64);
        let pause = if Plan::is_busy(conversation) { plan.pause / BUSY } else { plan.pause };
        tasks.spawn(publish(conversation, way, ledger, publishing, random, pause));
    }
    tasks
}

async fn publish(
    conversation: usize,
    mut way: Way,
    ledger: Arc<Ledger>,
    publishing: Arc<Publishing>,
    mut random: StdRng,
    pause: Duration,
) {
    let mut number = 0;
    loop {
        sleep(pause.mul_f64(random.random_range(0.1..1.9))).await;
        if !publishing.turn().await {
            return;
        }
        number += 1;
        let message = way.deliver(notification(conversation, number, &mut random), number).await;
        ledger.published(conversation, number);
        if let (Some(message), Way::Push(subscription)) = (message, &way)
            && random.random_ratio(1, REPEATED)
        {
            // Whatever comes of it: it is delivered no third time.
            let _ = timeout(Duration::from_secs(2), subscription.push(&message)).await;
            ledger.count("repeated pushes");
        }
        publishing.done();
    }
}

fn notification(conversation: usize, number: u64, random: &mut StdRng) -> Notification {
    let name = Plan::conversation(conversation).replacen("/conversations/", "/locations/global/conversations/", 1);
    let length = if Plan::is_busy(conversation) { TEXT.1 } else { TEXT.0 };
    let event = json!({"conversation": name, "chaos": number, "text": "x".repeat(length)});
    let kind = EventKind::ALL[random.random_range(0..EventKind::ALL.len())];
    Notification { pause: Duration::ZERO, kind, event, attributes: json!({}) }
}
