//! Both brokers, driven by the same random operations, must answer alike.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::{Recorded, Retention};
use event::{ConnectorId, Position};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::stage::{Connector, Stage, conversation, event_with_id, live_texts, text_of};

const LONG: Duration = Duration::from_mins(10);

#[derive(Debug, Clone)]
enum Operation {
    Record {
        conversation: u8,
        message: u8,
    },
    Subscribe {
        connector: usize,
        conversation: u8,
    },
    Unsubscribe {
        connector: usize,
        conversation: u8,
    },
    Open {
        conversation: u8,
    },
    /// Marks the event recorded as the `nth` of its conversation, if there is one.
    MarkUnheard {
        conversation: u8,
        nth: usize,
    },
    ReadAfter {
        conversation: u8,
        nth: usize,
        limit: usize,
    },
    Claim {
        connector: usize,
        conversation: u8,
    },
    Renew {
        connector: usize,
    },
    Release {
        connector: usize,
        conversation: u8,
    },
    Serves {
        conversation: u8,
    },
}

fn operation() -> impl Strategy<Value = Operation> {
    let (connector, conversation) = (0..2_usize, 0..3_u8);
    let both = (connector.clone(), conversation.clone());
    prop_oneof![
        8 => (conversation.clone(), 0..12_u8).prop_map(|(conversation, message)| Operation::Record { conversation, message }),
        3 => both.clone().prop_map(|(connector, conversation)| Operation::Subscribe { connector, conversation }),
        2 => both.clone().prop_map(|(connector, conversation)| Operation::Unsubscribe { connector, conversation }),
        2 => conversation.clone().prop_map(|conversation| Operation::Open { conversation }),
        1 => (conversation.clone(), 0..6_usize)
            .prop_map(|(conversation, nth)| Operation::MarkUnheard { conversation, nth }),
        2 => (conversation.clone(), 0..6_usize, 0..5_usize)
            .prop_map(|(conversation, nth, limit)| Operation::ReadAfter { conversation, nth, limit }),
        1 => both.clone().prop_map(|(connector, conversation)| Operation::Claim { connector, conversation }),
        1 => connector.prop_map(|connector| Operation::Renew { connector }),
        1 => both.prop_map(|(connector, conversation)| Operation::Release { connector, conversation }),
        2 => conversation.prop_map(|conversation| Operation::Serves { conversation }),
    ]
}

/// A broker with two connectors. Positions differ between brokers, so they are identified by the number
/// of the event in its conversation.
struct Driven {
    stage: Stage,
    connectors: [Connector; 2],
    ids: [ConnectorId; 2],
    run: usize,
    positions: BTreeMap<u8, Vec<Position>>,
}

impl Driven {
    async fn new(stage: Stage, ids: [ConnectorId; 2]) -> Self {
        let connectors = [stage.connector().await, stage.connector().await];
        Self { stage, connectors, ids, run: 0, positions: BTreeMap::new() }
    }

    fn name(&self, conversation: u8) -> event::ConversationName {
        crate::stage::conversation(&format!("r{}c{conversation}", self.run))
    }

    fn position(&self, conversation: u8, nth: usize) -> Option<Position> {
        self.positions.get(&conversation)?.get(nth).copied()
    }

    fn number(&self, conversation: u8, position: Position) -> String {
        let known = self.positions.get(&conversation).map_or(&[][..], Vec::as_slice);
        known.iter().position(|at| *at == position).map_or_else(|| position.to_string(), |at| format!("#{at}"))
    }

    async fn apply(&mut self, operation: &Operation) -> String {
        let broker = &self.stage.broker;
        match *operation {
            Operation::Record { conversation, message } => self.record(conversation, message).await,
            Operation::Subscribe { connector, conversation } => {
                format!("{:?}", self.connectors[connector].subscriber.subscribe(&self.name(conversation)).await)
            }
            Operation::Unsubscribe { connector, conversation } => {
                format!("{:?}", self.connectors[connector].subscriber.unsubscribe(&self.name(conversation)).await)
            }
            Operation::Open { conversation } => {
                let opened = self.connectors[0].log.open(&self.name(conversation)).await.unwrap();
                let undelivered = opened.undelivered.map(|position| self.number(conversation, position));
                format!("{undelivered:?} {}", self.number(conversation, opened.tail))
            }
            Operation::MarkUnheard { conversation, nth } => {
                let position = self.position(conversation, nth).unwrap_or_default();
                format!("{:?}", self.connectors[0].log.mark_undelivered(&self.name(conversation), position).await)
            }
            Operation::ReadAfter { conversation, nth, limit } => {
                let position = self.position(conversation, nth).unwrap_or_default();
                let read = self.connectors[1].log.read_after(&self.name(conversation), position, limit).await.unwrap();
                format!("{:?}", read.iter().map(text_of).collect::<Vec<_>>())
            }
            Operation::Claim { connector, conversation } => {
                format!("{:?}", broker.claim(&self.name(conversation), &self.ids[connector], LONG).await)
            }
            Operation::Renew { connector } => {
                let names: Vec<_> = (0..2).map(|conversation| self.name(conversation)).collect();
                format!("{:?}", broker.renew(&names, &self.ids[connector], LONG).await)
            }
            Operation::Release { connector, conversation } => {
                format!("{:?}", broker.release(&self.name(conversation), &self.ids[connector]).await)
            }
            Operation::Serves { conversation } => format!("{:?}", broker.get(self.name(conversation).as_str()).await),
        }
    }

    async fn record(&mut self, conversation: u8, message: u8) -> String {
        let event = event_with_id(&self.name(conversation), &message.to_string(), &message.to_string());
        match self.stage.record(&event).await.unwrap() {
            Recorded::Duplicate => "duplicate".to_owned(),
            Recorded::Accepted { position, receivers } => {
                self.positions.entry(conversation).or_default().push(position);
                format!("received by {receivers}")
            }
        }
    }

    /// Carries out the operations on fresh conversations; returns the answers and what was received.
    async fn run(&mut self, operations: &[Operation]) -> Vec<String> {
        self.run += 1;
        self.positions.clear();
        let before = [0, 1].map(|connector| self.connectors[connector].received.all().len());
        let mut answers = Vec::new();
        for operation in operations {
            answers.push(self.apply(operation).await);
        }
        let end = conversation(&format!("end of {}", self.run).replace(' ', "-"));
        for connector in 0..2 {
            self.connectors[connector].subscriber.subscribe(&end).await.unwrap();
        }
        self.stage.say(&end, "end").await;
        for (connector, before) in self.connectors.iter().zip(before) {
            let last = |all: &Vec<_>| live_texts(all).last().is_some_and(|text| text == "end") && all.len() > before;
            let messages = connector.received.until("the end", last).await;
            answers.push(format!("{:?}", live_texts(&messages[before..])));
        }
        answers
    }
}

#[test]
fn memory_and_redis_answer_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ids = [ConnectorId::generate(), ConnectorId::generate()];
    let (memory, redis) = runtime.block_on(async {
        let memory = Driven::new(Stage::memory(Retention::default()), ids.clone()).await;
        (memory, Driven::new(Stage::redis(Retention::default()).await, ids).await)
    });
    let (memory, redis) = (tokio::sync::Mutex::new(memory), tokio::sync::Mutex::new(redis));
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(operation(), 1..60), |operations| {
        let (in_memory, on_redis) = runtime.block_on(async {
            (memory.lock().await.run(&operations).await, redis.lock().await.run(&operations).await)
        });
        prop_assert_eq!(in_memory, on_redis);
        Ok(())
    });
    outcome.unwrap();
}
