//! Processor time that a deployment spends on something.

use std::time::{Duration, Instant};

use super::{UsageError, cpu_time, machine_time};
use crate::deployment::{Deployment, Process, Role};

/// Running since its start.
pub struct Meter {
    start: Instant,
    before: Vec<(Role, Duration)>,
    own_before: Duration,
    machine_before: Duration,
}

/// What was spent.
#[derive(Clone, Debug)]
pub struct Spent {
    times: Vec<(Role, Duration)>,
    own: Duration,
    machine: Duration,
    elapsed: Duration,
}

impl Meter {
    /// Begins to measure.
    ///
    /// # Errors
    /// When a process has ended.
    pub fn start(deployment: &Deployment) -> Result<Self, UsageError> {
        Ok(Self {
            start: Instant::now(),
            before: times(deployment)?,
            own_before: cpu_time(std::process::id())?,
            machine_before: machine_time()?,
        })
    }

    /// What was spent since the start.
    ///
    /// # Errors
    /// When a process has ended.
    pub fn stop(&self, deployment: &Deployment) -> Result<Spent, UsageError> {
        let after = times(deployment)?;
        let both = after.iter().zip(&self.before);
        Ok(Spent {
            times: both.map(|(now, then)| (now.0, now.1.saturating_sub(then.1))).collect(),
            own: cpu_time(std::process::id())?.saturating_sub(self.own_before),
            machine: machine_time()?.saturating_sub(self.machine_before),
            elapsed: self.start.elapsed(),
        })
    }
}

impl Spent {
    /// Time of the process with this role, if there is one.
    pub fn by(&self, role: Role) -> Option<Duration> {
        let found = self.times.iter().find(|(known, _)| *known == role);
        found.map(|(_, time)| *time)
    }

    /// Time of all processes but Redis.
    pub fn by_services(&self) -> Duration {
        let services = self.times.iter().filter(|(role, _)| *role != Role::Redis);
        services.map(|(_, time)| *time).sum()
    }

    /// Time of all processes.
    pub fn by_all(&self) -> Duration {
        self.times.iter().map(|(_, time)| *time).sum()
    }

    /// How busy this program itself was, in percent of one core: near 100, it is what limits the result.
    pub fn own_percent(&self) -> f64 {
        self.percent(self.own)
    }

    /// How busy everything else on the machine was, in percent of one core: far from 0, it spoils the result.
    pub fn others_percent(&self) -> f64 {
        self.percent(self.machine.saturating_sub(self.own + self.by_all()))
    }

    fn percent(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.elapsed.as_secs_f64() * 100.0
    }

    /// How long was measured.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

fn times(deployment: &Deployment) -> Result<Vec<(Role, Duration)>, UsageError> {
    let time = |process: &Process| Ok((process.role, cpu_time(process.pid)?));
    deployment.processes().iter().map(time).collect()
}
