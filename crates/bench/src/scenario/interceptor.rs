//! The interceptor alone: pushes as fast as it answers, for conversations to which nobody listens.

use std::sync::Arc;

use super::{
    ScenarioError,
    figures::{company, micros_each, per_second},
};
use crate::{
    deployment::{Deployment, Role, Target},
    event::Conversations,
    measure::{Meter, Spent},
    plan::{PUSH_CONNECTIONS, Plan},
    pusher::{PushOutcome, closed_loop},
    report::{Figure, Goal},
};

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let deployment = target.start().await?;
    let (outcome, spent) = measure(&deployment, plan).await?;
    deployment.stop().await;
    Ok(figures(&outcome, &spent))
}

async fn measure(deployment: &Deployment, plan: &Plan) -> Result<(PushOutcome, Spent), ScenarioError> {
    let conversations = Arc::new(Conversations::new("unheard", plan.desktops));
    let server = deployment.interceptor;
    closed_loop(server, &conversations, PUSH_CONNECTIONS, plan.warm_up).await;
    let meter = Meter::start(deployment)?;
    let outcome = closed_loop(server, &conversations, PUSH_CONNECTIONS, plan.duration).await;
    Ok((outcome, meter.stop(deployment)?))
}

fn figures(outcome: &PushOutcome, spent: &Spent) -> Vec<Figure> {
    let group = format!("interceptor alone, {PUSH_CONNECTIONS} connections, closed loop");
    let rate = per_second(outcome.accepted, outcome.elapsed);
    let each = |name, time| Figure::new(&group, name, "µs each", micros_each(time, outcome.accepted));
    let interceptor = spent.by(Role::Interceptor).or(spent.by(Role::BothServices));
    let mut figures = vec![Figure::new(&group, "requests", "1/s", rate).with_goal(Goal::Above(60_000.0))];
    figures.extend(interceptor.map(|time| each("CPU, interceptor alone", time).with_goal(Goal::Below(15.0))));
    let redis = spent.by(Role::Redis);
    figures.extend(redis.map(|time| each("CPU, Redis", time).with_goal(Goal::Below(12.0))));
    figures.push(Figure::faults(&group, "not acknowledged", outcome.not_acknowledged()));
    figures.extend(company(&group, spent));
    figures
}
