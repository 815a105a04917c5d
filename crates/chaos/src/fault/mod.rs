//! Faults, at random: three lanes, each with its own part of the world, inject them at the same time.

mod desktops;
mod redis;
mod services;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep};

use crate::desktop::Attention;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::publisher::Publishing;
use crate::stage::System;

struct Lane<'a> {
    random: StdRng,
    plan: &'a Plan,
    stage: &'a System,
    ledger: &'a Ledger,
    /// Held for reading during a fault; for writing while there may be none.
    calm: &'a RwLock<()>,
    until: Instant,
}

pub(crate) async fn inject(plan: &Plan, stage: &System, light: &[Attention], publishing: &Publishing, ledger: &Ledger) {
    let (calm, until) = (RwLock::new(()), Instant::now() + Duration::from_secs_f64(plan.minutes * 60.0));
    let lane = |number| Lane {
        random: StdRng::seed_from_u64(plan.seed.wrapping_add(number)),
        plan,
        stage,
        ledger,
        calm: &calm,
        until,
    };
    tokio::join!(services::run(lane(1)), redis::run(lane(2), publishing), desktops::run(lane(3), light));
}

impl Lane<'_> {
    /// Waits for the next fault; false when there are to be no more.
    async fn rest(&mut self) -> bool {
        sleep(self.plan.rest().mul_f64(self.random.random_range(0.1..1.0))).await;
        Instant::now() < self.until
    }

    fn choose<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.random_index(all.len())]
    }

    fn random_index(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    fn seconds(&mut self, from: f64, to: f64) -> Duration {
        Duration::from_secs_f64(self.random.random_range(from..to))
    }
}
