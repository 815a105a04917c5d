//! The highest rate at which every event is still delivered in time.

use super::{
    ScenarioError,
    figures::{millis, per_second},
    load::{LoadResult, Setup},
};
use crate::{
    deployment::Target,
    event::Conversations,
    plan::Plan,
    report::{Figure, progress},
};

const STEP: u64 = 5000;
const HIGHEST: u64 = 200_000;
/// µs; at a p99 beyond this the service does not keep up.
const LATEST: u64 = 100_000;

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let deployment = target.start().await?;
    let conversations = Conversations::new("ramp", plan.desktops);
    let setup = Setup::connect(&deployment, conversations, plan.desktops).await?;
    let mut best = (0.0, 0.0);
    let mut rate = STEP;
    while rate <= HIGHEST {
        let result = setup.load(rate, plan.warm_up / 2, plan.ramp_duration).await?;
        if !keeps_up(&result) {
            break;
        }
        best = (per_second(result.deliveries, plan.ramp_duration), result.spent.own_percent());
        progress(&format!("ramp: {rate} events/s are delivered"));
        rate += STEP;
    }
    drop(setup);
    deployment.stop().await;
    Ok(figures(best))
}

fn keeps_up(result: &LoadResult) -> bool {
    let p99 = result.latencies.percentile(99.0);
    let faults = result.faults.lost + result.outcome.not_acknowledged() + result.outcome.unsent;
    progress(&format!("ramp: p99 {:.2} ms, {faults} faults", millis(p99)));
    p99 <= LATEST && faults == 0
}

fn figures((delivered, own): (f64, f64)) -> Vec<Figure> {
    let group = "ramp, until p99 > 100 ms or loss, load generator on the same machine";
    vec![
        Figure::new(group, "most delivered", "events/s", delivered),
        Figure::new(group, "load generator", "% of a core", own),
    ]
}
