//! Agent desktops: those of socket.io-client, and light ones.

mod library;
mod light;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ledger::{Ledger, Seat};
use crate::plan::Plan;

pub(crate) use light::Attention;

/// Conversations that each desktop of socket.io-client joins.
const JOINED: usize = 3;

/// When the first desktop of a conversation that begins unheard comes.
const LATE: Duration = Duration::from_secs(8);

/// What the light desktops can be told.
pub(crate) struct Desktops {
    pub(crate) light: Vec<Arc<Attention>>,
}

/// Starts all desktops.
pub(crate) fn start(
    plan: &Plan,
    server: &SocketAddr,
    ledger: &Arc<Ledger>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Desktops {
    let mut light = Vec::new();
    for conversation in 0..plan.conversations {
        let seat = ledger.seat(format!("light desktop {conversation}"), &[conversation]);
        let attention = Arc::new(Attention::default());
        let desktop = light::Light::new(*server, seat, conversation, ledger.clone(), attention.clone());
        let delay = if Plan::begins_unheard(conversation) { LATE } else { Duration::ZERO };
        let stop = stop.clone();
        tasks.spawn(async move { stop.run_until_cancelled(desktop.live(delay)).await });
        light.push(attention);
    }
    tasks.spawn(library::run(*server, library_seats(plan, ledger), ledger.clone(), stop.clone()));
    Desktops { light }
}

/// What begins unheard goes to the first desktop only, so nobody else joins it.
fn library_seats(plan: &Plan, ledger: &Ledger) -> Vec<(Seat, Vec<usize>)> {
    let open: Vec<_> = (0..plan.conversations).filter(|index| !Plan::begins_unheard(*index)).collect();
    let seat = |desktop: usize| {
        let joined: Vec<_> = (0..JOINED).map(|nth| open[(desktop * 7 + nth * 11) % open.len()]).collect();
        (ledger.seat(format!("socket.io-client {desktop}"), &joined), joined)
    };
    (0..plan.library_desktops).map(seat).collect()
}

/// The number of the event in a payload.
pub(crate) fn number_of(payload: &Value) -> Option<u64> {
    let data: Value = serde_json::from_str(payload["data"].as_str()?).ok()?;
    data["chaos"].as_u64()
}

/// The index of the conversation of a payload.
fn conversation_of(payload: &Value) -> Option<usize> {
    payload["conversation_name"].as_str()?.rsplit_once("/c")?.1.parse().ok()
}
