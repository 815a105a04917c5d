//! What came of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::ledger::{Ledger, Missing};
use crate::plan::Plan;
use crate::stage::System;

/// How many mistakes are shown.
const TOLD: usize = 20;

/// The figures of a run, and everything that went wrong.
#[derive(Debug)]
pub(crate) struct RunReport {
    seed: u64,
    took: Duration,
    counts: BTreeMap<&'static str, u64>,
    faults: Vec<String>,
    /// Events that came twice, out of order, or not at all.
    pub(crate) mistakes: Vec<String>,
}

/// Says of every event that did not come where it is.
pub(crate) async fn missing(ledger: &Ledger, stage: &System) -> Vec<String> {
    let mut lost = Vec::new();
    for missing in ledger.missing().iter().take(TOLD) {
        lost.push(explain(missing, stage).await);
    }
    lost
}

async fn explain(missing: &Missing, stage: &System) -> String {
    let Missing { desktop, conversation, got, published, history } = missing;
    let name = Plan::conversation(*conversation);
    let logged = stage.redis.lock().await.log_of(&name).await;
    let place = match logged.iter().find(|(_, number)| *number == got + 1) {
        Some((position, _)) => {
            format!("the log of Redis has it at {position}: it was lost between Redis and the desktop")
        }
        None => format!("the log of Redis, with {} events, does not have it", logged.len()),
    };
    format!(
        "{desktop} got events up to {got} of {published} of {name}; of number {}, {place}\n    its life: {}",
        got + 1,
        history.join("; ")
    )
}

impl RunReport {
    pub(crate) fn new(plan: &Plan, ledger: &Ledger, lost: Vec<String>, took: Duration) -> Self {
        let mistakes = [ledger.mistakes(), lost].concat();
        Self { seed: plan.seed, took, counts: ledger.counts(), faults: ledger.faults(), mistakes }
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {:.0} s", self.seed, self.took.as_secs_f64())?;
        for (what, count) in &self.counts {
            writeln!(f, "{count:>10} {what}")?;
        }
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for fault in &self.faults {
            let kind = fault.split_once(' ').map_or("", |(_, what)| what.split(':').next().unwrap_or_default());
            *kinds.entry(kind).or_default() += 1;
        }
        writeln!(f, "faults: {}", self.faults.len())?;
        for (kind, count) in kinds {
            writeln!(f, "{count:>10} {kind}")?;
        }
        if self.mistakes.is_empty() {
            return writeln!(f, "every desktop has every event of its conversations, once and in order");
        }
        writeln!(f, "{} MISTAKES; play them again with --seed {}", self.mistakes.len(), self.seed)?;
        for mistake in self.mistakes.iter().take(TOLD) {
            writeln!(f, "  {mistake}")?;
        }
        writeln!(f, "the faults, by second:")?;
        self.faults.iter().try_for_each(|fault| writeln!(f, "  {fault}"))
    }
}
