//! The background task that keeps this connector's mapping keys alive, and ends rooms whose last
//! desktop's connection ended before it could end them.

use std::sync::Arc;

use server::telemetry::causes;
use tokio_util::sync::CancellationToken;

use super::Hub;
use super::room::{Room, RoomPhase};

/// Keys renewed by one call.
const BATCH: usize = 512;

/// Renews three times within a key's lifetime, and at once after Redis was away.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let pause = hub.settings.mapping_ttl / 3;
    let work = async {
        loop {
            // An elapsed pause and an early call mean the same.
            let _ = tokio::time::timeout(pause, hub.renew.notified()).await;
            renew(&hub).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn renew(hub: &Hub) {
    let rooms = hub.all_rooms();
    for room in &rooms {
        room.sweep();
    }
    let (empty, served): (Vec<_>, Vec<_>) = rooms.into_iter().partition(|room| room.is_empty());
    for room in empty {
        end(hub, &room).await;
    }
    for rooms in served.chunks(BATCH) {
        let names: Vec<_> = rooms.iter().map(|room| room.name.clone()).collect();
        if let Err(error) = hub.backends.keys.renew(&names, &hub.backends.connector, hub.settings.mapping_ttl).await {
            tracing::warn!(error = %causes(&error), "failed to renew mapping keys; trying again");
        }
        for room in rooms.iter().filter(|room| room.is_empty()) {
            take_back(hub, room).await;
        }
    }
}

/// Does nothing if a desktop is joining or leaving at this moment.
async fn end(hub: &Hub, room: &Arc<Room>) {
    if let Ok(mut phase) = room.gate.try_lock()
        && room.is_empty()
        && *phase != RoomPhase::Closed
    {
        hub.close(room, &mut phase).await;
    }
}

/// The last desktop left during the renewal, which may have claimed the key after it was released.
async fn take_back(hub: &Hub, room: &Room) {
    if let Err(error) = hub.backends.keys.release(&room.name, &hub.backends.connector).await {
        tracing::warn!(error = %causes(&error), conversation = %room.name, "failed to release a mapping key; it will expire");
    }
    // A desktop has joined again, and the released key was the new one.
    if hub.find(room.name.as_str()).is_some_and(|room| !room.is_empty()) {
        hub.renew.notify_one();
    }
}
