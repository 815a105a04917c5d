//! Pushing at a fixed rate to conversations that desktops watch.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::ScenarioError;
use crate::{
    deployment::Deployment,
    desktop::{Fleet, FleetPlan, Observer, register},
    event::Conversations,
    measure::{Histogram, Meter, SequenceFaults, Spent},
    plan::PUSH_CONNECTIONS,
    pusher::{OpenLoop, PushOutcome, open_loop},
};

/// How long a late event may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Desktops and the conversations that they watch: the desktop `n` has the conversation `n`, modulo their number.
pub(super) struct Setup<'a> {
    deployment: &'a Deployment,
    fleet: Fleet,
    conversations: Arc<Conversations>,
    desktops: usize,
}

/// What a load showed.
pub(super) struct LoadResult {
    pub(super) outcome: PushOutcome,
    pub(super) spent: Spent,
    /// Events that arrived while it was measured, at all desktops together.
    pub(super) deliveries: u64,
    pub(super) latencies: Histogram,
    /// Since the desktops connected, the warm-up included. Lost is what was pushed and not seen, acknowledged or not.
    pub(super) faults: SequenceFaults,
    pub(super) disconnections: u64,
}

impl<'a> Setup<'a> {
    /// Connects all desktops.
    pub(super) async fn connect(
        deployment: &'a Deployment,
        conversations: Conversations,
        desktops: usize,
    ) -> Result<Self, ScenarioError> {
        let conversations = Arc::new(conversations);
        let plan = FleetPlan {
            server: deployment.connector,
            tokens: Arc::new(register(deployment.connector).await?),
            desktops,
            conversation: |index| Some(conversations.name(index).to_owned()),
        };
        let fleet = Fleet::connect(plan).await?;
        Ok(Self { deployment, fleet, conversations, desktops })
    }

    /// Pushes `rate` events a second, first for `warm_up`, then, measured, for `duration`.
    pub(super) async fn load(
        &self,
        rate: u64,
        warm_up: Duration,
        duration: Duration,
    ) -> Result<LoadResult, ScenarioError> {
        let observer = &self.fleet.observer;
        self.push(rate, warm_up).await?;
        observer.clear_latencies();
        let before = observer.arrivals();
        let meter = Meter::start(self.deployment)?;
        let outcome = self.push(rate, duration).await?;
        Ok(LoadResult {
            spent: meter.stop(self.deployment)?,
            deliveries: observer.arrivals() - before,
            latencies: observer.latencies(),
            faults: observer.faults(|desktop| self.conversations.taken(desktop)),
            disconnections: observer.disconnections(),
            outcome,
        })
    }

    /// Pushes, and waits until everything has arrived or is given up.
    async fn push(&self, rate: u64, duration: Duration) -> Result<PushOutcome, ScenarioError> {
        let plan = OpenLoop {
            rate,
            duration,
            connections: PUSH_CONNECTIONS.min(self.conversations.count()),
            patience: PATIENCE,
        };
        let outcome = open_loop(self.deployment.interceptor, &self.conversations, plan).await?;
        self.await_arrivals(&self.fleet.observer).await;
        Ok(outcome)
    }

    async fn await_arrivals(&self, observer: &Observer) {
        let expected: u64 = (0..self.desktops).map(|desktop| self.conversations.taken(desktop)).sum();
        let deadline = Instant::now() + PATIENCE;
        while observer.arrivals() < expected && Instant::now() < deadline {
            sleep(Duration::from_millis(2)).await;
        }
    }
}
