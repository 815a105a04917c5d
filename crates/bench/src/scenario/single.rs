//! One thing at a time: a desktop that does nothing, handshakes, pushes, starts.

use std::cell::Cell;

use futures_util::{StreamExt as _, stream};
use hyper::StatusCode;
use tokio::time::sleep;

use crate::desktops::{Fleet, connect, tokens};
use crate::event::{Mark, conversation, push};
use crate::http::closed_loop;
use crate::open_loop::in_turn;
use crate::plan::{AT_ONCE, LoadPlan};
use crate::report::Figure;
use crate::target::{Role, RunningTarget, Target};
use crate::units::{float, per_second};
use crate::usage::{Spent, settled_bytes};

/// What a desktop costs that is connected and idle.
pub(super) async fn idle_memory(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let desktops = plan.idle_desktops;
    let group = format!("memory, {desktops} idle desktops");
    let connected = growth(target, plan, |_| None).await;
    let joined = growth(target, plan, |index| Some(conversation("idle", index))).await;
    let each = |name, bytes: Option<&f64>| Figure::new(&group, name, bytes.map(|bytes| bytes / float(desktops as u64)));
    vec![
        each("connected only, B each", connected.first()),
        each("each in its own conversation, B each", joined.first()),
        each("the same, in Redis, B each", joined.get(1)),
    ]
}

/// By how many bytes the connector and Redis grow when the desktops connect.
async fn growth(target: Target, plan: &LoadPlan, conversation: impl Fn(usize) -> Option<String>) -> Vec<f64> {
    let deployment = target.start(plan, &[]).await;
    let before = sizes(&deployment).await;
    let _fleet = Fleet::connect(deployment.connector, plan.idle_desktops, conversation).await;
    sizes(&deployment).await.iter().zip(before).map(|(after, before)| after - before).collect()
}

async fn sizes(deployment: &RunningTarget) -> Vec<f64> {
    let mut sizes = Vec::new();
    for (_, pid) in deployment.processes().filter(|(role, _)| *role != Role::Interceptor) {
        sizes.push(float(settled_bytes(pid).await));
    }
    sizes
}

/// Connecting with a token, joining a conversation of its own, and going away.
pub(super) async fn handshake(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let deployment = target.start(plan, &[]).await;
    let (server, tokens, next) = (deployment.connector, tokens(deployment.connector).await, Cell::new(0));
    let shake = async |duration| {
        let shakes = stream::repeat_with(|| next.replace(next.get() + 1)).map(async |index| {
            connect(server, &tokens, index, Some(&conversation("handshake", index))).await;
        });
        shakes.buffer_unordered(AT_ONCE).take_until(sleep(duration)).count().await as u64
    };
    shake(plan.warm_up()).await;
    let (count, spent) = Spent::during(&deployment, shake(plan.duration)).await;
    let group = format!("handshake with token and join, {AT_ONCE} at once");
    let mut figures = vec![Figure::new(&group, "handshakes/s", per_second(count, spent.elapsed))];
    figures.extend(spent.figures(&group, count));
    figures
}

/// The interceptor alone: pushes as fast as it answers, for conversations that no desktop has joined.
pub(super) async fn interceptor(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let deployment = target.start(plan, &[]).await;
    let conversations: Vec<_> = (0..plan.desktops).map(|number| conversation("unheard", number)).collect();
    let next = Cell::new(0);
    let call = || {
        let (number, conversation) = in_turn(next.replace(next.get() + 1), conversations.len());
        push(&conversations[conversation], Mark { number, due: 0 })
    };
    let calls =
        async |duration| closed_loop(deployment.interceptor, AT_ONCE, duration, StatusCode::NO_CONTENT, call).await;
    calls(plan.warm_up()).await;
    let ((latencies, failed), spent) = Spent::during(&deployment, calls(plan.duration)).await;
    let group = format!("interceptor alone, {AT_ONCE} connections, closed loop");
    let rate = per_second(latencies.len(), spent.elapsed);
    let mut figures = vec![Figure::new(&group, "requests/s", rate), Figure::faults(&group, failed)];
    figures.extend(spent.figures(&group, latencies.len()));
    figures
}

/// How many times each program is started in a round.
const STARTS: usize = 3;

/// From the start of each program to its first answer, and what it holds when it is not used.
pub(super) async fn start(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    let mut figures = Vec::new();
    for _ in 0..STARTS {
        let deployment = target.start(plan, &[]).await;
        for service in &deployment.services {
            let group = match service.role {
                Role::Interceptor => "start of the interceptor",
                _ => "start of the connector, or of both in one process",
            };
            figures.push(Figure::new(group, "first answer, ms", service.start.as_secs_f64() * 1000.0));
            let idle = settled_bytes(service.process.id()).await;
            figures.push(Figure::new(group, "idle memory, MB", float(idle) / 1e6));
        }
    }
    figures
}
