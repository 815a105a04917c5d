//! Pushing at a fixed rate to conversations that desktops have joined.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::time::sleep;

use crate::desktops::Fleet;
use crate::event::conversation;
use crate::open_loop::{PATIENCE, in_turn, open_loop};
use crate::plan::LoadPlan;
use crate::report::{Figure, progress};
use crate::target::{RunningTarget, Target};
use crate::units::millis;
use crate::usage::Spent;

/// Events per second to the conversation of all desktops.
const FAN_OUT_RATE: u64 = 20;

/// One desktop for each conversation, at each rate.
pub(super) async fn end_to_end(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let mut figures = Vec::new();
    for &rate in &plan.rates {
        let group = format!("{rate} events/s, {} desktops, one for each conversation", plan.desktops);
        let deployment = target.start(plan, &[]).await;
        let mut stage = LoadRun::new(&deployment, plan.desktops, plan.desktops).await;
        figures.extend(stage.load(&group, rate, plan).await);
    }
    figures
}

/// One conversation for all desktops.
pub(super) async fn fan_out(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let group = format!("fan-out, {FAN_OUT_RATE} events/s, each to {} desktops", plan.desktops);
    let deployment = target.start(plan, &[]).await;
    let mut stage = LoadRun::new(&deployment, 1, plan.desktops).await;
    stage.load(&group, FAN_OUT_RATE, plan).await
}

/// Desktops and the conversations that they have joined, in turn.
struct LoadRun<'a> {
    deployment: &'a RunningTarget,
    conversations: Vec<String>,
    desktops: usize,
    fleet: Fleet,
    due: u64,
    refused: u64,
}

impl<'a> LoadRun<'a> {
    async fn new(deployment: &'a RunningTarget, conversations: usize, desktops: usize) -> Self {
        let names: Vec<_> = (0..conversations).map(|number| conversation("load", number)).collect();
        let join = |desktop: usize| Some(names[desktop % conversations].clone());
        let fleet = Fleet::connect(deployment.connector, desktops, join).await;
        Self { deployment, conversations: names, desktops, fleet, due: 0, refused: 0 }
    }

    /// Pushes `rate` events a second, first to warm up, then measured.
    async fn load(&mut self, group: &str, rate: u64, plan: &LoadPlan) -> Vec<Figure> {
        self.push(rate, plan.warm_up()).await;
        self.fleet.seen().latencies.reset();
        let deployment = self.deployment;
        let (behind, spent) = Spent::during(deployment, self.push(rate, plan.duration)).await;
        let seen = self.fleet.seen();
        let lost = seen.orders.iter().enumerate().map(|(desktop, order)| order.lost(self.expected(desktop)));
        // What must not happen, since the desktops connected.
        let faults = [
            ("lost", lost.sum::<u64>()),
            ("twice", seen.orders.iter().map(|order| order.twice).sum()),
            ("out of order", seen.orders.iter().map(|order| order.late).sum()),
            ("desktops cut off", seen.cut_off),
            ("pushes refused", self.refused),
        ];
        let sum = faults.iter().map(|(_, count)| count).sum();
        if sum > 0 {
            progress(&format!("{group}: {faults:?}"));
        }
        let time = |name, histogram, quantile| Figure::new(group, name, millis(histogram, quantile));
        let mut figures = vec![
            time("p50, ms", &seen.latencies, 0.5),
            time("p99, ms", &seen.latencies, 0.99),
            time("max, ms", &seen.latencies, 1.0),
            Figure::faults(group, sum),
            time("load generator late, p99, ms", &behind, 0.99),
            time("load generator late, max, ms", &behind, 1.0),
        ];
        figures.extend(spent.figures(group, seen.latencies.len()));
        figures
    }

    /// Pushes, and waits until everything has arrived or counts as lost; returns how late this program was.
    async fn push(&mut self, rate: u64, duration: Duration) -> Histogram<u64> {
        let pushed = open_loop(self.deployment.interceptor, &self.conversations, self.due, rate, duration).await;
        self.due += pushed.due;
        self.refused += pushed.refused;
        let expected: u64 = (0..self.desktops).map(|desktop| self.expected(desktop)).sum();
        let deadline = Instant::now() + PATIENCE;
        while self.fleet.seen().arrived < expected && Instant::now() < deadline {
            sleep(Duration::from_millis(2)).await;
        }
        pushed.behind
    }

    /// How many events a desktop should have seen.
    fn expected(&self, desktop: usize) -> u64 {
        let (rounds, first) = in_turn(self.due, self.conversations.len());
        rounds + u64::from(desktop % self.conversations.len() < first)
    }
}
