//! Processor time and memory, as Linux counts them.

use std::time::{Duration, Instant};

use procfs::process::Process;
use procfs::{CurrentSI as _, KernelStats, ticks_per_second};
use tokio::time::sleep;

use crate::report::Figure;
use crate::target::{Role, RunningTarget};
use crate::units::micros_each;

/// User and system time that a process has used (granularity: 10 ms).
pub(crate) fn cpu_time(pid: u32) -> Duration {
    let stat = of(pid).stat().expect("the times of a running process");
    Duration::from_millis((stat.utime + stat.stime) * 1000 / ticks_per_second())
}

/// Resident bytes of a process, once they have not changed for half a second, or after ten seconds.
pub(crate) async fn settled_bytes(pid: u32) -> u64 {
    let (mut last, mut steady) = (resident_bytes(pid), 0);
    for _ in 0..100 {
        sleep(Duration::from_millis(100)).await;
        let now = resident_bytes(pid);
        steady = if now == last { steady + 1 } else { 0 };
        last = now;
        if steady == 5 {
            break;
        }
    }
    last
}

/// The sum over all mappings; what `status` says lags behind by up to 64 pages for every thread.
fn resident_bytes(pid: u32) -> u64 {
    let rollup = of(pid).smaps_rollup().expect("the memory of a running process").memory_map_rollup;
    rollup.0.iter().filter_map(|map| map.extension.map.get("Rss")).sum()
}

/// Time that all processors were busy, with whatever.
fn machine_time() -> Duration {
    let total = KernelStats::current().expect("the times of this machine").total;
    let interrupts = [total.irq_duration(), total.softirq_duration(), total.steal_duration()];
    let own = total.user_duration() + total.nice_duration() + total.system_duration();
    own + interrupts.into_iter().flatten().sum::<Duration>()
}

fn of(pid: u32) -> Process {
    Process::new(pid.cast_signed()).expect("a running process")
}

/// Processor time of a deployment and of everything around it.
#[derive(Debug)]
pub(crate) struct Spent {
    processes: Vec<(Role, Duration)>,
    generator: Duration,
    machine: Duration,
    pub(crate) elapsed: Duration,
}

impl Spent {
    /// What is spent while `work` is done.
    pub(crate) async fn during<T>(deployment: &RunningTarget, work: impl Future<Output = T>) -> (T, Self) {
        let (start, before) = (Instant::now(), Self::so_far(deployment));
        let done = work.await;
        let mut spent = Self { elapsed: start.elapsed(), ..Self::so_far(deployment) };
        spent.processes.iter_mut().zip(before.processes).for_each(|((_, now), (_, before))| *now -= before);
        spent.generator -= before.generator;
        // The kernel's times of the machine can go back a little.
        spent.machine = spent.machine.saturating_sub(before.machine);
        (done, spent)
    }

    fn so_far(deployment: &RunningTarget) -> Self {
        Self {
            processes: deployment.processes().map(|(role, pid)| (role, cpu_time(pid))).collect(),
            generator: cpu_time(std::process::id()),
            machine: machine_time(),
            elapsed: Duration::ZERO,
        }
    }

    /// What each of `count` things cost, and how busy everything else was: a load generator near 100 % limits the
    /// result, and a machine that does something else spoils it.
    pub(crate) fn figures(&self, group: &str, count: u64) -> Vec<Figure> {
        let all: Duration = self.processes.iter().map(|(_, time)| *time).sum();
        let of = |role| self.processes.iter().find(|(known, _)| *known == role).map(|(_, time)| *time);
        let cpu = |name, time: Option<Duration>| Figure::new(group, name, time.map(|time| micros_each(time, count)));
        let share = |name, time: Duration| Figure::new(group, name, time.div_duration_f64(self.elapsed) * 100.0);
        vec![
            cpu("CPU of the connector, µs each", of(Role::Connector)),
            cpu("CPU of the interceptor, µs each", of(Role::Interceptor)),
            cpu("CPU of Redis, µs each", of(Role::Redis)),
            cpu("CPU together, µs each", Some(all)),
            share("load generator, % of a core", self.generator),
            share("rest of the machine, % of a core", self.machine.saturating_sub(self.generator + all)),
        ]
    }
}
