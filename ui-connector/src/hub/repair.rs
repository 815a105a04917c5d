//! The background task that serves rooms and desktops again that have fallen behind: because Redis
//! was away, or because a desktop had no room for more.

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
use super::room::{Room, Service};

/// The pause between two attempts, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

impl Hub {
    /// Has a room put in order as soon as possible.
    pub(super) fn ask_repair(&self, room: Arc<Room>) {
        if !room.repair_asked.swap(true, Ordering::SeqCst) {
            self.broken.lock().push(room);
            self.repair.notify_one();
        }
    }
}

/// Repairs what it is asked to, until `stop`. Rooms do not wait for each other, as one with a desktop
/// that does not read takes its time.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let work = async {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = hub.repair.notified() => {
                    let broken = std::mem::take(&mut *hub.broken.lock());
                    under_way.extend(broken.into_iter().map(|room| repair(&hub, room)));
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

/// Tries until the room is in order, or its subscription is away: then the room is repaired when it is back.
async fn repair(hub: &Hub, room: Arc<Room>) {
    let mut backoff = Backoff::between(PAUSE.0, PAUSE.1);
    loop {
        room.repair_asked.store(false, Ordering::SeqCst);
        if !hub.backends.bus.serves(&room.name) {
            return;
        }
        let Err(error) = attempt(hub, &room).await else { return };
        tracing::warn!(error = %causes(&error), conversation = %room.name, "a conversation could not be repaired yet");
        tokio::time::sleep(backoff.pause()).await;
    }
}

async fn attempt(hub: &Hub, room: &Room) -> Result<(), broker::Error> {
    let mut service = room.gate.lock().await;
    if *service == Service::Closed {
        return Ok(());
    }
    {
        let _turn = hub.reads.acquire().await;
        hub.serve(room, &mut service).await?;
    }
    drop(service);
    let behind = room.behind();
    let all = behind.iter().map(|desktop| hub.bring_up(room, desktop));
    join_all(all).await.into_iter().collect()
}
