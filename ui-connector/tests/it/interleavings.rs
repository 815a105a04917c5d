//! Whatever happens in whatever order: once, in order, and nothing is missing.

use proptest::prelude::*;
use serde_json::json;

use crate::support::{Connector, Log, name};
use testkit::socketio::{Client, Received};

const CONVERSATIONS: [&str; 2] = ["a", "b"];
const DESKTOPS: usize = 3;
const CONNECTORS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Record(usize),
    Join(usize, usize),
    Leave(usize, usize),
    /// The connection is cut with everything that has not been read, and the desktop comes back to some connector.
    Cut(usize, usize),
    Read(usize),
    /// A connector loses Redis, or the subscription only, and Redis may know of it.
    Lose {
        home: usize,
        noticed: bool,
        only_subscription: bool,
    },
    Restore(usize),
    /// A connector ends without a word while Redis believes in it; another one takes its place.
    Crash(usize),
}

/// From a join to a leave, cuts included.
#[derive(Default)]
struct Interest {
    /// Whether what is recorded now is promised: the join was answered, or the desktop can resume.
    promised: bool,
    recorded: Vec<u64>,
    got: Vec<u64>,
    /// It was told that something may be missing before the next event.
    told: bool,
}

struct Seat {
    desktop: Client,
    /// On which connector it is.
    home: usize,
    interests: [Option<Interest>; CONVERSATIONS.len()],
    /// Whether the log is so short that events may be missing.
    may_miss: bool,
    /// Joins without an answer yet.
    pending: Vec<(usize, u64)>,
}

struct Play {
    log: Log,
    connectors: Vec<Connector>,
    /// Connectors that have crashed.
    gone: Vec<Connector>,
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
        if received.name == "events-missed" {
            assert!(self.may_miss, "nothing is missing");
            interest.told = true;
            return;
        }
        let number = received.number();
        assert!(interest.got.last() < Some(&number), "{number} after {:?}", interest.got);
        if std::mem::take(&mut interest.told) {
            let last = interest.got.last().copied();
            interest.recorded.retain(|recorded| Some(*recorded) <= last || *recorded >= number);
        }
        interest.got.push(number);
    }

    /// Comes back, and joins again what it had joined.
    async fn cut(&mut self, home: usize, connectors: &[Connector]) {
        self.home = home;
        let connector = &connectors[home];
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
    async fn begin(keep: usize) -> Self {
        let log = Log::keeping(keep);
        let mut connectors = Vec::new();
        for _ in 0..CONNECTORS {
            connectors.push(Connector::start(&log).await);
        }
        let mut seats = Vec::new();
        for number in 0..DESKTOPS {
            let home = number % CONNECTORS;
            let desktop = connectors[home].desktop().await;
            let (may_miss, pending) = (keep < usize::MAX, Vec::new());
            seats.push(Seat { desktop, home, interests: Default::default(), may_miss, pending });
        }
        Self { log, connectors, gone: Vec::new(), seats, next: 0 }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Record(talk) => self.record(talk).await,
            Step::Join(seat, talk) => self.seats[seat].join(talk).await,
            Step::Leave(seat, talk) => self.seats[seat].leave(talk).await,
            Step::Cut(seat, home) => self.seats[seat].cut(home, &self.connectors).await,
            Step::Read(seat) => self.seats[seat].read().await,
            Step::Lose { home, noticed, only_subscription } => {
                self.connectors[home].bus.lose_only_subscription(only_subscription);
                self.lose(home, noticed).await;
            }
            Step::Restore(home) => self.restore(home).await,
            Step::Crash(home) => self.crash(home).await,
        }
    }

    async fn lose(&self, home: usize, noticed: bool) {
        let bus = &self.connectors[home].bus;
        match noticed {
            _ if bus.is_lost() => {}
            true => bus.lose().await,
            false => bus.lose_unnoticed(),
        }
    }

    async fn restore(&self, home: usize) {
        let bus = &self.connectors[home].bus;
        if bus.is_lost() {
            bus.restore().await;
        }
    }

    async fn crash(&mut self, home: usize) {
        self.lose(home, false).await;
        let crashed = std::mem::replace(&mut self.connectors[home], Connector::start(&self.log).await);
        self.gone.push(crashed);
        for seat in self.seats.iter_mut().filter(|seat| seat.home == home) {
            seat.cut(home, &self.connectors).await;
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
        for home in 0..CONNECTORS {
            self.restore(home).await;
        }
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
    let (seat, talk, home) = (0..DESKTOPS, 0..CONVERSATIONS.len(), 0..CONNECTORS);
    prop_oneof![
        6 => talk.clone().prop_map(Step::Record),
        4 => (seat.clone(), talk.clone()).prop_map(|(seat, talk)| Step::Join(seat, talk)),
        2 => (seat.clone(), talk).prop_map(|(seat, talk)| Step::Leave(seat, talk)),
        2 => (seat.clone(), home.clone()).prop_map(|(seat, home)| Step::Cut(seat, home)),
        2 => seat.prop_map(Step::Read),
        1 => (home.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(home, noticed, only_subscription)| Step::Lose { home, noticed, only_subscription }),
        1 => home.clone().prop_map(Step::Restore),
        1 => home.prop_map(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_interleaving_delivers_once_in_order_or_notifies(
        keep in prop_oneof![Just(usize::MAX), 1..10_usize],
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::begin(keep).await;
            for step in steps {
                play.step(step).await;
            }
            play.end().await;
        });
    }
}
