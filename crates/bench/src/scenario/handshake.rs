//! Connecting with a token, joining a conversation of its own, and going away.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{task::JoinSet, time::Instant};

use super::{
    ScenarioError,
    figures::{company, micros_each, per_second},
};
use crate::{
    deployment::{Deployment, PROJECT, Role, Target},
    desktop::{Desktop, DesktopError, Login, TokenPool, register, source_address},
    measure::{Meter, Spent},
    plan::{HANDSHAKES_AT_ONCE, Plan},
    report::{Figure, Goal},
};

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let deployment = target.start().await?;
    let tokens = Arc::new(register(deployment.connector).await?);
    let end_of_warm_up = Instant::now() + plan.warm_up;
    shake(&deployment, &tokens, end_of_warm_up).await?;
    let meter = Meter::start(&deployment)?;
    let count = shake(&deployment, &tokens, Instant::now() + plan.duration).await?;
    let spent = meter.stop(&deployment)?;
    deployment.stop().await;
    Ok(figures(count, &spent))
}

fn figures(count: u64, spent: &Spent) -> Vec<Figure> {
    let group = format!("handshake with JWT and join, {HANDSHAKES_AT_ONCE} at once");
    let each = |name, time| Figure::new(&group, name, "µs each", micros_each(time, count));
    let connector = spent.by(Role::Connector).or(spent.by(Role::BothServices));
    let rate = per_second(count, spent.elapsed());
    let mut figures = vec![Figure::new(&group, "handshakes", "1/s", rate).with_goal(Goal::Above(12_000.0))];
    figures.extend(connector.map(|time| each("CPU, connector alone", time).with_goal(Goal::Below(60.0))));
    figures.extend(spent.by(Role::Redis).map(|time| each("CPU, Redis", time)));
    figures.extend(company(&group, spent));
    figures
}

/// Makes handshakes until `end`; answers how many.
async fn shake(deployment: &Deployment, tokens: &Arc<TokenPool>, end: Instant) -> Result<u64, ScenarioError> {
    let mut running = JoinSet::new();
    let server = deployment.connector;
    for _ in 0..HANDSHAKES_AT_ONCE {
        let tokens = Arc::clone(tokens);
        running.spawn(async move {
            let mut count = 0;
            while Instant::now() < end {
                shake_once(server, &tokens).await?;
                count += 1;
            }
            Ok::<u64, DesktopError>(count)
        });
    }
    let mut sum = 0;
    for count in running.join_all().await {
        sum += count?;
    }
    Ok(sum)
}

async fn shake_once(server: std::net::SocketAddr, tokens: &TokenPool) -> Result<(), DesktopError> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let index = NEXT.fetch_add(1, Ordering::Relaxed);
    let conversation = format!("projects/{PROJECT}/locations/global/conversations/handshake-{index}");
    let login = Login {
        server,
        source: Some(source_address(index)),
        token: tokens.get(index),
        conversation: Some(&conversation),
    };
    Desktop::connect(login).await.map(drop)
}
