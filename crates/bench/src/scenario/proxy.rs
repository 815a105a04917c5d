//! Calls to Dialogflow through the connector, and through nginx in the column of the peer.

use std::net::SocketAddr;

use super::{
    ScenarioError,
    figures::{micros_each, millis, per_second},
};
use crate::{
    deployment::{PROJECT, Process, Target},
    desktop::register,
    measure::cpu_time,
    plan::Plan,
    proxy::{Calls, Nginx, Upstream, call},
    report::Figure,
};

const CONNECTIONS: usize = 16;

pub(super) async fn play(target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
    let upstream = Upstream::start()?;
    match target {
        Target::Services(_) => {
            let endpoint = format!("http://{}", upstream.address);
            let environment = [("DIALOGFLOW_ENDPOINT", endpoint), ("GCE_METADATA_HOST", upstream.address.to_string())];
            let deployment = target.start_with(&environment).await?;
            let token = register(deployment.connector).await?.get(0).to_owned();
            let process = deployment.connector_process().ok_or(ScenarioError::NoProcess)?;
            let figures = measure(deployment.connector, process, &upstream, &token, plan).await?;
            deployment.stop().await;
            Ok(figures)
        }
        Target::BareRelay(_) => {
            let nginx = Nginx::start(&upstream).await?;
            measure(nginx.address, &nginx.process, &upstream, "none", plan).await
        }
        // The demo's process has no Dialogflow, and the log has nothing to do with it.
        Target::Embedded(_) | Target::WithoutLog { .. } => Ok(Vec::new()),
    }
}

async fn measure(
    proxy: SocketAddr,
    process: &Process,
    upstream: &Upstream,
    token: &str,
    plan: &Plan,
) -> Result<Vec<Figure>, ScenarioError> {
    let path = format!("/v2/projects/{PROJECT}/locations/global/conversations/c");
    let alone = call(upstream.address, &path, token, 1, plan.warm_up).await?;
    call(proxy, &path, token, CONNECTIONS, plan.warm_up).await?;
    let single = call(proxy, &path, token, 1, plan.warm_up).await?;
    let before = cpu_time(process.pid)?;
    let calls = call(proxy, &path, token, CONNECTIONS, plan.duration).await?;
    let spent = cpu_time(process.pid)?.saturating_sub(before);
    Ok(figures(&alone, &single, &calls, micros_each(spent, calls.answered)))
}

fn figures(alone: &Calls, single: &Calls, calls: &Calls, cpu: f64) -> Vec<Figure> {
    let group = format!("proxied calls, {CONNECTIONS} connections, closed loop; the peer is nginx proxy_pass");
    let figure = |name, unit, value| Figure::new(&group, name, unit, value);
    let added = single.latency.percentile(50.0).saturating_sub(alone.latency.percentile(50.0));
    vec![
        figure("added latency, one connection, p50", "ms", millis(added)),
        figure("requests", "1/s", per_second(calls.answered, calls.elapsed)),
        figure("latency p50", "ms", millis(calls.latency.percentile(50.0))),
        figure("latency p99", "ms", millis(calls.latency.percentile(99.0))),
        figure("CPU, proxy", "µs each", cpu),
        figure("requests per CPU second", "1/s", 1e6 / cpu.max(f64::EPSILON)),
        Figure::faults(&group, "not answered", calls.failed),
    ]
}
