//! Figures that several scenarios have in common.

use std::time::Duration;

use crate::{
    deployment::Role,
    measure::Spent,
    report::{Figure, Goal},
};

/// `total` shared among `count`, in µs.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn micros_each(total: Duration, count: u64) -> f64 {
    total.as_secs_f64() * 1e6 / count.max(1) as f64
}

/// `count` things in `elapsed`, per second.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// µs as ms.
#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^52 µs")]
pub(super) fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// Processor time for each of `count` deliveries, by process and together.
pub(super) fn processor_time(group: &str, spent: &Spent, count: u64, goals: [Option<Goal>; 2]) -> Vec<Figure> {
    let [goal, embedded_goal] = goals;
    let figure = |name, time| Figure::new(group, name, "µs each", micros_each(time, count));
    let single = [("CPU, connector", Role::Connector), ("CPU, interceptor", Role::Interceptor)];
    let mut figures: Vec<Figure> =
        single.into_iter().filter_map(|(name, role)| Some(figure(name, spent.by(role)?))).collect();
    figures.push(figure("CPU, both services", spent.by_services()));
    figures.extend(spent.by(Role::Redis).map(|time| figure("CPU, Redis", time)));
    let all = figure("CPU, services and Redis", spent.by_all());
    figures.push(all.with_goal(goal).with_embedded_goal(embedded_goal));
    figures
}

/// What else used the processors: the load generator, and what has nothing to do with the measurement.
pub(super) fn company(group: &str, spent: &Spent) -> Vec<Figure> {
    let figure = |name, percent| Figure::new(group, name, "% of a core", percent);
    vec![figure("load generator", spent.own_percent()), figure("others on the machine", spent.others_percent())]
}
