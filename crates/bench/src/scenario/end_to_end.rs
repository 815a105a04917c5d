//! From the push to the desktop.

use super::{
    ScenarioError,
    figures::{company, millis, processor_time},
    load::{LoadResult, Setup},
};
use crate::{
    deployment::Target,
    event::Conversations,
    plan::Plan,
    report::{Figure, Goal},
};

/// What is promised at one rate.
struct Goals {
    /// ms
    p99: Option<Goal>,
    /// µs of services and Redis for each event, and of the one-process program.
    processor: [Option<Goal>; 2],
}

fn goals(rate: u64) -> Goals {
    let (p99, processor) = match rate {
        5000 => (Some(1.2), [Some(110.0), Some(34.0)]),
        20_000 => (Some(2.5), [Some(55.0), None]),
        _ => (None, [None, None]),
    };
    Goals { p99: p99.map(Goal::Below), processor: processor.map(|limit| limit.map(Goal::Below)) }
}

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let mut figures = Vec::new();
    for &rate in &plan.rates {
        let deployment = target.start().await?;
        let conversations = Conversations::new("end-to-end", plan.desktops);
        let setup = Setup::connect(&deployment, conversations, plan.desktops).await?;
        let result = setup.load(rate, plan.warm_up, plan.duration).await?;
        figures.extend(figures_of(rate, plan.desktops, &result));
        drop(setup);
        deployment.stop().await;
    }
    Ok(figures)
}

fn figures_of(rate: u64, desktops: usize, result: &LoadResult) -> Vec<Figure> {
    let group = format!("end to end, {rate} events/s, {desktops} desktops, one for each conversation");
    let goals = goals(rate);
    let mut figures = latencies(&group, result, goals.p99);
    figures.extend(processor_time(&group, &result.spent, result.deliveries, goals.processor));
    figures.extend(faults(&group, result));
    figures.extend(company(&group, &result.spent));
    figures
}

/// Percentiles of the time from when an event was due to its arrival.
pub(super) fn latencies(group: &str, result: &LoadResult, p99_goal: Option<Goal>) -> Vec<Figure> {
    let at = |percent| millis(result.latencies.percentile(percent));
    let figure = |name, value| Figure::new(group, name, "ms", value);
    vec![
        figure("p50", at(50.0)),
        figure("p99", at(99.0)).with_goal(p99_goal),
        figure("p99.9", at(99.9)),
        figure("max", millis(result.latencies.max())),
    ]
}

/// Everything that must not happen.
pub(super) fn faults(group: &str, result: &LoadResult) -> Vec<Figure> {
    let count = |name, value| Figure::faults(group, name, value);
    vec![
        count("lost", result.faults.lost),
        count("duplicated", result.faults.duplicated),
        count("out of order", result.faults.out_of_order),
        count("pushes not acknowledged", result.outcome.not_acknowledged()),
        count("pushes not sent in time", result.outcome.unsent),
        count("desktops cut off", result.disconnections),
    ]
}
