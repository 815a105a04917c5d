//! Agent desktops: those of socket.io-client, and light ones.

mod library;
mod light;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ledger::{Ledger, Seat};
use crate::plan::Plan;

/// Conversations that each desktop of socket.io-client joins.
const JOINED: usize = 3;
/// When the first desktop joins a conversation that begins undelivered.
const LATE: Duration = Duration::from_secs(8);

/// Whether a light desktop reads what it gets.
pub(crate) type Attention = watch::Sender<bool>;

/// Starts all desktops. Returns the attention of the light ones.
pub(crate) fn start(
    plan: &Plan,
    server: SocketAddr,
    ledger: &Arc<Ledger>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Vec<Attention> {
    tasks.spawn(library::run(server, library_seats(plan, ledger), ledger.clone(), stop.clone()));
    let start = |conversation| {
        let seat = ledger.seat(format!("light desktop {conversation}"), &[conversation]);
        let attention = Attention::new(true);
        let desktop = light::Light::new(server, seat, conversation, ledger.clone(), attention.subscribe());
        let delay = if Plan::begins_undelivered(conversation) { LATE } else { Duration::ZERO };
        let stop = stop.clone();
        tasks.spawn(async move { stop.run_until_cancelled(desktop.live(delay)).await });
        attention
    };
    (0..plan.conversations()).map(start).collect()
}

/// Undelivered events go to the first desktop only, so no other desktop joins conversations that begin with some.
fn library_seats(plan: &Plan, ledger: &Ledger) -> Vec<(Seat, Vec<usize>)> {
    let open: Vec<_> = (0..plan.conversations()).filter(|index| !Plan::begins_undelivered(*index)).collect();
    let seat = |desktop: usize| {
        let joined: Vec<_> = (0..JOINED).map(|nth| open[(desktop * 7 + nth * 11) % open.len()]).collect();
        (ledger.seat(format!("socket.io-client {desktop}"), &joined), joined)
    };
    (0..plan.library_desktops()).map(seat).collect()
}

/// Notes an event in the ledger.
fn got(ledger: &Ledger, seat: Seat, payload: &Value) {
    match (conversation_of(payload), number_of(payload)) {
        (Some(conversation), Some(number)) => ledger.got(seat, conversation, number),
        _ => ledger.wrong(format!("an event that was never published: {payload}")),
    }
}

/// Returns the number of the event in a payload.
pub(crate) fn number_of(payload: &Value) -> Option<u64> {
    let data: Value = serde_json::from_str(payload["data"].as_str()?).ok()?;
    data["chaos"].as_u64()
}

/// Returns the index of the conversation of a payload.
fn conversation_of(payload: &Value) -> Option<usize> {
    payload["conversation_name"].as_str()?.rsplit_once("/c")?.1.parse().ok()
}
