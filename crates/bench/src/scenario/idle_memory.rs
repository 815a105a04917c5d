//! What a desktop costs that is connected and idle.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::ScenarioError;
use crate::{
    deployment::{Deployment, Target},
    desktop::{Fleet, FleetPlan, register},
    event::Conversations,
    measure::{UsageError, resident_bytes},
    plan::Plan,
    report::{Figure, Goal},
};

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let group = format!("memory, {} idle desktops", plan.idle_desktops);
    let figure = |name, bytes| Figure::new(&group, name, "B each", bytes);
    let connected = hold(target, plan.idle_desktops, false).await?;
    let joined = hold(target, plan.idle_desktops, true).await?;
    let mut figures = vec![
        figure("connected only", connected.connector),
        figure("each in its own conversation", joined.connector).with_goal(Goal::Below(2500.0)),
    ];
    figures.extend(joined.redis.map(|bytes| figure("the same, in Redis", bytes)));
    Ok(figures)
}

/// Growth for each desktop, in bytes.
struct Growth {
    connector: f64,
    redis: Option<f64>,
}

async fn hold(target: &Target, desktops: usize, join: bool) -> Result<Growth, ScenarioError> {
    let deployment = target.start().await?;
    let conversations = Conversations::new("idle", desktops);
    let plan = FleetPlan {
        server: deployment.connector,
        tokens: Arc::new(register(deployment.connector).await?),
        desktops,
        conversation: |index| join.then(|| conversations.name(index).to_owned()),
    };
    let before = sizes(&deployment).await?;
    let fleet = Fleet::connect(plan).await?;
    let after = sizes(&deployment).await?;
    drop(fleet);
    deployment.stop().await;
    let redis = before.redis.zip(after.redis);
    Ok(Growth {
        connector: growth(before.connector, after.connector, desktops),
        redis: redis.map(|(before, after)| growth(before, after, desktops)),
    })
}

struct Sizes {
    connector: u64,
    redis: Option<u64>,
}

async fn sizes(deployment: &Deployment) -> Result<Sizes, ScenarioError> {
    let connector = deployment.connector_process().ok_or(ScenarioError::NoProcess)?;
    let redis = deployment.redis_process();
    Ok(Sizes {
        connector: settled_bytes(connector.pid).await?,
        redis: redis.map(|process| resident_bytes(process.pid)).transpose()?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
fn growth(before: u64, after: u64, desktops: usize) -> f64 {
    (after as f64 - before as f64) / desktops as f64
}

const SAMPLE_EVERY: Duration = Duration::from_millis(100);
const STEADY_SAMPLES: u32 = 5;
const MOST_SAMPLES: u32 = 100;

/// Resident bytes of a process, once they have not changed for half a second (or after ten).
pub(super) async fn settled_bytes(pid: u32) -> Result<u64, UsageError> {
    let mut last = resident_bytes(pid)?;
    let mut steady = 0;
    for _ in 0..MOST_SAMPLES {
        sleep(SAMPLE_EVERY).await;
        let now = resident_bytes(pid)?;
        steady = if now == last { steady + 1 } else { 0 };
        last = now;
        if steady == STEADY_SAMPLES {
            break;
        }
    }
    Ok(last)
}
