//! The background task that repairs rooms: after Redis was away, or when a desktop has fallen behind because its outbox
//! was full.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use broker::Backoff;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use server::telemetry::causes;
use tokio_util::sync::CancellationToken;

use super::Hub;
use super::room::{Room, RoomPhase};

/// The pause between two attempts, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

impl Hub {
    /// Requests the repair of a room, as soon as possible.
    pub(super) fn request_repair(&self, room: Arc<Room>) {
        if !room.repair_requested.swap(true, Ordering::SeqCst) {
            self.to_repair.lock().push(room);
            self.repair.notify_one();
        }
    }
}

/// Repairs rooms on request, until `stop` is cancelled. Rooms do not wait for each other, because one with a desktop that
/// does not read takes long.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let work = async {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = hub.repair.notified() => {
                    let to_repair = std::mem::take(&mut *hub.to_repair.lock());
                    under_way.extend(to_repair.into_iter().map(|room| repair(&hub, room)));
                }
                Some(()) = under_way.next() => {}
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

/// Tries until the room is repaired, or its subscription is lost: then it is repaired when the subscription is back.
async fn repair(hub: &Hub, room: Arc<Room>) {
    let mut backoff = Backoff::between(PAUSE.0, PAUSE.1);
    loop {
        room.repair_requested.store(false, Ordering::SeqCst);
        if !hub.backends.subscriber.is_live(&room.name) {
            return;
        }
        let Err(error) = attempt(hub, &room).await else { return };
        tracing::warn!(error = %causes(&error), conversation = %room.name, "failed to repair a conversation; trying again");
        tokio::time::sleep(backoff.pause()).await;
    }
}

async fn attempt(hub: &Hub, room: &Room) -> Result<(), broker::Error> {
    let mut phase = room.gate.lock().await;
    if *phase == RoomPhase::Closed {
        return Ok(());
    }
    {
        let _turn = hub.reads.acquire().await;
        hub.ensure_open(room, &mut phase).await?;
    }
    drop(phase);
    let behind = room.behind();
    let all = behind.iter().map(|desktop| hub.catch_up_member(room, desktop));
    join_all(all).await.into_iter().collect()
}
