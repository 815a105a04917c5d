//! The background task that serves rooms again after Redis was away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::{self, FuturesUnordered};
use service::telemetry::causes;
use tokio_util::sync::CancellationToken;

use super::Hub;
use super::catch_up::catch_up;
use super::room::{Room, Service};

/// Rooms that are repaired at the same time.
const AT_ONCE: usize = 64;
/// Repairs under way at the same time: what is broken anew need not wait until a desktop that does
/// not read has been cut.
const OVERLAPPING: usize = 4;
/// Between two attempts; doubled up to the second value.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Repairs whenever it is asked to, until `stop`.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let work = async {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = hub.repair.notified(), if under_way.len() < OVERLAPPING => under_way.push(repair(&hub)),
                Some(()) = under_way.next() => {}
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

/// Tries until every room is in order, or the bus is away: it asks again when it is back.
async fn repair(hub: &Hub) {
    let mut pause = PAUSE.0;
    while hub.is_connected() && !attempt(hub).await {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

async fn attempt(hub: &Hub) -> bool {
    let whole = AtomicBool::new(true);
    let rooms = hub.all_rooms().into_iter().filter(|room| !room.is_open() || !room.behind().is_empty());
    let repair = async |room: Arc<Room>| {
        if let Err(error) = repair_room(hub, &room).await {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "a conversation could not be repaired yet");
            whole.store(false, Ordering::Relaxed);
        }
    };
    stream::iter(rooms).for_each_concurrent(AT_ONCE, repair).await;
    whole.into_inner()
}

async fn repair_room(hub: &Hub, room: &Room) -> Result<(), broker::Error> {
    let mut service = room.gate.lock().await;
    if *service == Service::Closed {
        return Ok(());
    }
    hub.serve(room, &mut service).await?;
    drop(service);
    // Side by side, because one that does not read takes its time.
    let behind = room.behind();
    let all = behind.iter().map(|desktop| catch_up(&*hub.backends.bus, room, desktop));
    join_all(all).await.into_iter().collect()
}
