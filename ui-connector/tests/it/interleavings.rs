//! Whatever happens in whatever order: once, in order, and nothing is missing.

use proptest::prelude::*;
use serde_json::json;

use crate::client::{Desktop, Received};
use crate::support::{Connector, Log, name};

const CONVERSATIONS: [&str; 2] = ["a", "b"];
const DESKTOPS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Record(usize),
    Join(usize, usize),
    Leave(usize, usize),
    /// The connection is cut with everything that has not been read, and the desktop comes back.
    Cut(usize),
    Read(usize),
    Lose {
        noticed: bool,
    },
    Restore,
}

/// From a join to a leave, cuts included.
#[derive(Default)]
struct Interest {
    /// Whether what is recorded now is promised: the join was answered, or the desktop can resume.
    promised: bool,
    recorded: Vec<u64>,
    got: Vec<u64>,
}

struct Seat {
    desktop: Desktop,
    interests: [Option<Interest>; CONVERSATIONS.len()],
    /// Joins without an answer yet.
    pending: Vec<(usize, u64)>,
}

struct Play {
    log: Log,
    connector: Connector,
    seats: Vec<Seat>,
    next: u64,
}

impl Seat {
    async fn join(&mut self, talk: usize) {
        self.interests[talk].get_or_insert_default();
        let ack = self.desktop.emit("join-conversation", &json!([name(CONVERSATIONS[talk]).as_str()])).await;
        self.pending.push((talk, ack));
    }

    async fn settle(&mut self) {
        for (talk, ack) in std::mem::take(&mut self.pending) {
            assert_eq!(self.desktop.answer(ack).await[0], json!(true));
            self.interests[talk].as_mut().unwrap().promised = true;
        }
    }

    async fn leave(&mut self, talk: usize) {
        self.settle().await;
        self.desktop.leave(&name(CONVERSATIONS[talk])).await;
        self.read().await;
        self.interests[talk] = None;
    }

    async fn read(&mut self) {
        self.settle().await;
        for received in self.desktop.arrivals().await {
            self.take(&received);
        }
    }

    fn take(&mut self, received: &Received) {
        let conversation = received.args[0]["conversation_name"].as_str().unwrap();
        let talk = CONVERSATIONS.iter().position(|id| name(id).as_str() == conversation).unwrap();
        let interest = self.interests[talk].as_mut().expect("an event of a conversation that was joined");
        assert!(interest.got.last() < Some(&received.number()), "{} after {:?}", received.number(), interest.got);
        interest.got.push(received.number());
    }

    /// Comes back, and joins again what it had joined.
    async fn cut(&mut self, connector: &Connector) {
        self.desktop.cut(connector.address).await;
        self.pending.clear();
        for talk in 0..CONVERSATIONS.len() {
            if self.interests[talk].is_some() {
                self.join(talk).await;
            }
        }
    }

    /// Reads until everything promised is there.
    async fn finish(&mut self) {
        self.settle().await;
        let is_due = |interest: &Interest| interest.recorded.last() > interest.got.last();
        while self.interests.iter().flatten().any(is_due) {
            let received = self.desktop.next().await;
            self.take(&received);
        }
        self.read().await;
        for Interest { recorded, got, .. } in self.interests.iter().flatten() {
            let missing: Vec<_> = recorded.iter().filter(|number| !got.contains(number)).collect();
            assert!(missing.is_empty(), "{missing:?} are missing in {got:?}");
        }
    }
}

impl Play {
    async fn begin() -> Self {
        let log = Log::new();
        let connector = Connector::start(&log).await;
        let mut seats = Vec::new();
        for _ in 0..DESKTOPS {
            let desktop = connector.desktop().await;
            seats.push(Seat { desktop, interests: Default::default(), pending: Vec::new() });
        }
        Self { log, connector, seats, next: 0 }
    }

    async fn step(&mut self, step: Step) {
        let bus = &self.connector.bus;
        match step {
            Step::Record(talk) => self.record(talk).await,
            Step::Join(seat, talk) => self.seats[seat].join(talk).await,
            Step::Leave(seat, talk) => self.seats[seat].leave(talk).await,
            Step::Cut(seat) => self.seats[seat].cut(&self.connector).await,
            Step::Read(seat) => self.seats[seat].read().await,
            Step::Lose { .. } if bus.is_lost() => {}
            Step::Lose { noticed: true } => bus.lose().await,
            Step::Lose { noticed: false } => bus.lose_unnoticed(),
            Step::Restore if !bus.is_lost() => {}
            Step::Restore => bus.restore().await,
        }
    }

    async fn record(&mut self, talk: usize) {
        self.next += 1;
        for interest in self.seats.iter_mut().filter_map(|seat| seat.interests[talk].as_mut()) {
            if interest.promised {
                interest.recorded.push(self.next);
            }
        }
        self.log.record(&name(CONVERSATIONS[talk]), self.next).await;
    }

    async fn end(mut self) {
        self.step(Step::Restore).await;
        for seat in &mut self.seats {
            seat.finish().await;
        }
        // Whatever came too much would come before these.
        for talk in 0..CONVERSATIONS.len() {
            self.record(talk).await;
        }
        for seat in &mut self.seats {
            seat.finish().await;
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (seat, talk) = (0..DESKTOPS, 0..CONVERSATIONS.len());
    prop_oneof![
        6 => talk.clone().prop_map(Step::Record),
        4 => (seat.clone(), talk.clone()).prop_map(|(seat, talk)| Step::Join(seat, talk)),
        2 => (seat.clone(), talk).prop_map(|(seat, talk)| Step::Leave(seat, talk)),
        2 => seat.clone().prop_map(Step::Cut),
        2 => seat.prop_map(Step::Read),
        1 => any::<bool>().prop_map(|noticed| Step::Lose { noticed }),
        1 => Just(Step::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_interest_is_served_once_in_order_and_completely(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::begin().await;
            for step in steps {
                play.step(step).await;
            }
            play.end().await;
        });
    }
}
