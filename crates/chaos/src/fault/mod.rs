//! Faults, at random: three lanes, each with its own part of the world, break things at the same time.

mod cluster;
mod desktops;
mod redis;
mod services;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep};

use crate::desktop::Desktops;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::publisher::Publishing;
use crate::stage::Stage;

/// How long everything may take to arrive when nothing is wrong.
const CALM: Duration = Duration::from_mins(2);

/// What a lane needs.
struct Lane<'a> {
    random: StdRng,
    plan: &'a Plan,
    stage: &'a Stage,
    ledger: &'a Ledger,
    /// Held for reading while something is broken; for writing, when nothing may be.
    calm: &'a RwLock<()>,
    until: Instant,
}

/// Injects faults for as long as the plan says.
pub(crate) async fn inject(plan: &Plan, stage: &Stage, desktops: &Desktops, publishing: &Publishing, ledger: &Ledger) {
    let (calm, until) = (RwLock::new(()), Instant::now() + plan.time);
    let lane = |number| Lane {
        random: StdRng::seed_from_u64(plan.seed.wrapping_add(number)),
        plan,
        stage,
        ledger,
        calm: &calm,
        until,
    };
    let redis =
        async { if plan.cluster { cluster::run(lane(2)).await } else { redis::run(lane(2), publishing).await } };
    tokio::join!(services::run(lane(1)), redis, desktops::run(lane(3), desktops));
}

impl Lane<'_> {
    /// Waits for the next fault; false when there are to be no more.
    async fn rest(&mut self) -> bool {
        let longest = self.plan.rest;
        sleep(longest.mul_f64(self.random.random_range(0.1..1.0))).await;
        Instant::now() < self.until
    }

    fn choose<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.random.random_range(0..all.len())]
    }

    fn random_index(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    fn seconds(&mut self, from: f64, to: f64) -> Duration {
        Duration::from_secs_f64(self.random.random_range(from..to))
    }
}
