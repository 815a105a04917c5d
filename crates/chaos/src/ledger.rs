//! What was published, and what each desktop got of it.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::plan::Plan;

const HISTORY: usize = 40;

/// The fault after which Redis knows nothing any more.
pub(crate) const FORGETTING: &str = "restart with empty memory";

/// How soon after it a desktop asks for what Redis has forgotten.
const FORGOTTEN: Duration = Duration::from_mins(2);

const SHOWN: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat(pub(crate) usize);

/// The book of all conversations and desktops.
#[derive(Debug)]
pub(crate) struct Ledger {
    begun: Instant,
    state: Mutex<LedgerState>,
}

#[derive(Debug, Default)]
struct LedgerState {
    /// The number of the last acknowledged event of each conversation; they are numbered from 1.
    published: Vec<u64>,
    seats: Vec<DesktopRecord>,
    faults: Vec<(Duration, String)>,
    /// Joins that were answered.
    joined: HashSet<(usize, usize)>,
    counts: BTreeMap<&'static str, u64>,
    wrong: Vec<String>,
}

#[derive(Debug)]
struct DesktopRecord {
    name: String,
    /// The last number got of each conversation that it has joined.
    got: BTreeMap<usize, u64>,
    history: VecDeque<(Duration, String)>,
}

/// An event that did not come.
#[derive(Debug, Clone)]
pub(crate) struct Missing {
    pub(crate) desktop: String,
    pub(crate) conversation: usize,
    /// The last number that it has, and the last one published.
    pub(crate) got: u64,
    pub(crate) published: u64,
    pub(crate) history: Vec<String>,
}

impl LedgerState {
    /// Notes a mistake, and shows the first ones at once.
    fn complain(&mut self, what: String) {
        if self.wrong.len() < SHOWN {
            eprintln!("chaos: MISTAKE: {what}");
        }
        self.wrong.push(what);
    }
}

impl Ledger {
    pub(crate) fn new(conversations: usize) -> Self {
        let state = LedgerState { published: vec![0; conversations], ..LedgerState::default() };
        Self { begun: Instant::now(), state: Mutex::new(state) }
    }

    /// Makes a record for a desktop that joins these conversations.
    pub(crate) fn seat(&self, name: String, conversations: &[usize]) -> Seat {
        let mut state = self.state.lock();
        let got = conversations.iter().map(|index| (*index, 0)).collect();
        state.seats.push(DesktopRecord { name, got, history: VecDeque::new() });
        Seat(state.seats.len() - 1)
    }

    pub(crate) fn joined(&self, seat: Seat, conversation: usize) {
        self.state.lock().joined.insert((seat.0, conversation));
    }

    /// Whether every desktop has joined what it wants to, except what begins undelivered.
    pub(crate) fn is_joined(&self) -> bool {
        let state = self.state.lock();
        let mut wanted = state
            .seats
            .iter()
            .enumerate()
            .flat_map(|(seat, record)| record.got.keys().map(move |index| (seat, *index)));
        wanted.all(|join| Plan::begins_undelivered(join.1) || state.joined.contains(&join))
    }

    pub(crate) fn published(&self, conversation: usize, number: u64) {
        self.state.lock().published[conversation] = number;
    }

    /// The desktop got an event: it must be the next one.
    pub(crate) fn got(&self, seat: Seat, conversation: usize, number: u64) {
        let at = self.begun.elapsed();
        let state = &mut *self.state.lock();
        *state.counts.entry("deliveries").or_default() += 1;
        let record = &mut state.seats[seat.0];
        let (name, conversation_name) = (record.name.clone(), Plan::conversation(conversation));
        let Some(last) = record.got.get_mut(&conversation) else {
            return state.complain(format!("{name} got an event of {conversation_name} that it never joined"));
        };
        let before = std::mem::replace(last, number.max(*last));
        if number != before + 1 {
            let what = if number <= before { "twice or out of order" } else { "with a gap" };
            let life = record.history.iter().map(line).collect::<Vec<_>>().join("; ");
            state.complain(format!(
                "{:.3} {name} got event {number} of {conversation_name} after {before}: {what}\n    its life: {life}",
                at.as_secs_f64(),
            ));
        }
    }

    /// Something happened to a desktop; it is counted under `what`.
    pub(crate) fn note(&self, seat: Seat, what: &'static str, more: &str) {
        let at = self.begun.elapsed();
        let mut state = self.state.lock();
        *state.counts.entry(what).or_default() += 1;
        let history = &mut state.seats[seat.0].history;
        if history.len() == HISTORY {
            history.pop_front();
        }
        history.push_back((at, format!("{what} {more}")));
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.state.lock().counts.entry(what).or_default() += 1;
    }

    /// What must never happen has happened.
    pub(crate) fn wrong(&self, what: String) {
        self.state.lock().complain(what);
    }

    /// The desktop got `events-missed`. The only reason for it is that Redis has forgotten events.
    pub(crate) fn notified_of_gap(&self, seat: Seat) {
        self.note(seat, "events-missed", "");
        let at = self.begun.elapsed();
        let mut state = self.state.lock();
        let is_forgetful = |(then, what): &(Duration, String)| what == FORGETTING && at < *then + FORGOTTEN;
        if !state.faults.iter().any(is_forgetful) {
            let name = state.seats[seat.0].name.clone();
            let at = at.as_secs_f64();
            state.complain(format!("{at:.3} {name} got events-missed, but Redis has forgotten nothing"));
        }
    }

    pub(crate) fn fault(&self, what: String) {
        let at = self.begun.elapsed();
        self.state.lock().faults.push((at, what));
    }

    /// Whether every desktop has everything.
    fn is_complete(&self) -> bool {
        let state = self.state.lock();
        state.seats.iter().all(|record| record.got.iter().all(|(index, got)| *got >= state.published[*index]))
    }

    /// Waits until every desktop has everything, or for `patience`.
    pub(crate) async fn is_complete_within(&self, patience: Duration) {
        let started = Instant::now();
        while !self.is_complete() && started.elapsed() < patience {
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn missing(&self) -> Vec<Missing> {
        let state = self.state.lock();
        let missing = |record: &DesktopRecord| {
            let behind = record.got.iter().filter(|(index, got)| **got < state.published[**index]);
            behind
                .map(|(index, got)| Missing {
                    desktop: record.name.clone(),
                    conversation: *index,
                    got: *got,
                    published: state.published[*index],
                    history: record.history.iter().map(line).collect(),
                })
                .collect::<Vec<_>>()
        };
        state.seats.iter().flat_map(missing).collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let state = self.state.lock();
        let mut counts = state.counts.clone();
        counts.insert("events", state.published.iter().sum());
        counts.insert("desktops", state.seats.len() as u64);
        counts
    }

    pub(crate) fn mistakes(&self) -> Vec<String> {
        self.state.lock().wrong.clone()
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        self.state.lock().faults.iter().map(line).collect()
    }

    /// Returns one line of progress.
    pub(crate) fn summary(&self) -> String {
        let state = self.state.lock();
        let count = |what: &str| state.counts.get(what).copied().unwrap_or_default();
        format!(
            "{:.0} s: {} events, {} deliveries, {} connects, {} faults, {} mistakes",
            self.begun.elapsed().as_secs_f64(),
            state.published.iter().sum::<u64>(),
            count("deliveries"),
            count("connected"),
            state.faults.len(),
            state.wrong.len(),
        )
    }
}

fn line((at, what): &(Duration, String)) -> String {
    format!("{:.3} {what}", at.as_secs_f64())
}
