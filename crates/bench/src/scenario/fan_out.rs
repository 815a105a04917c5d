//! One conversation that many desktops watch.

use super::{
    ScenarioError,
    end_to_end::{faults, latencies},
    figures::{company, processor_time},
    load::Setup,
};
use crate::{deployment::Target, event::Conversations, plan::Plan, report::Figure};

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let deployment = target.start().await?;
    let conversations = Conversations::new("fan-out", 1);
    let setup = Setup::connect(&deployment, conversations, plan.desktops).await?;
    let result = setup.load(plan.fan_out_rate, plan.warm_up, plan.duration).await?;
    let group = format!("fan-out, {} events/s, each to {} desktops", plan.fan_out_rate, plan.desktops);
    let mut figures = latencies(&group, &result, None);
    figures.extend(processor_time(&group, &result.spent, result.deliveries, [None, None]));
    figures.extend(faults(&group, &result));
    figures.extend(company(&group, &result.spent));
    drop(setup);
    deployment.stop().await;
    Ok(figures)
}
