//! From the start of each program to its first answer, and what it holds when nobody uses it.

use super::{ScenarioError, idle_memory::settled_bytes};
use crate::{
    deployment::{Deployment, Process, Role, Target},
    plan::Plan,
    report::{Figure, Goal, fold_rounds},
};

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let mut rounds = Vec::new();
    for _ in 0..plan.starts {
        let deployment = target.start().await?;
        rounds.push(figures(&deployment).await?);
        deployment.stop().await;
    }
    Ok(fold_rounds(&rounds))
}

async fn figures(deployment: &Deployment) -> Result<Vec<Figure>, ScenarioError> {
    let mut figures = Vec::new();
    for process in deployment.processes() {
        if let Some(program) = program(process) {
            let group = format!("start of {program}");
            let start = process.start_time.as_secs_f64() * 1000.0;
            let idle = megabytes(settled_bytes(process.pid).await?);
            figures.push(Figure::new(&group, "first answer", "ms", start).with_goal(Goal::Below(10.0)));
            figures.push(Figure::new(&group, "idle memory", "MB", idle).with_goal(Goal::Below(8.0)));
        }
    }
    Ok(figures)
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn program(process: &Process) -> Option<&'static str> {
    match process.role {
        Role::Connector => Some("ui-connector"),
        Role::Interceptor => Some("cloud-pubsub-interceptor"),
        Role::BothServices => Some("both in one process"),
        Role::Redis => None,
    }
}
