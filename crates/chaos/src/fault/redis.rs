//! What can happen to Redis, and to the way to it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{CALM, Lane};
use crate::ledger::FORGETTING;
use crate::publisher::Publishing;
use crate::stage::Redis;
use testkit::Weather;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Subscriptions,
    Clients,
    Pause,
    PauseWrites,
    Busy,
    Full,
    Scripts,
    FailOver,
    Empty,
    Unreachable,
    Slow,
}

const FAULTS: [Fault; 11] = [
    Fault::Subscriptions,
    Fault::Clients,
    Fault::Pause,
    Fault::PauseWrites,
    Fault::Busy,
    Fault::Full,
    Fault::Scripts,
    Fault::FailOver,
    Fault::Empty,
    Fault::Unreachable,
    Fault::Slow,
];

pub(super) async fn run(mut lane: Lane<'_>, publishing: &Publishing) {
    while lane.rest().await {
        let fault = *lane.choose(&FAULTS);
        if matches!(fault, Fault::Empty) {
            empty(&lane, publishing).await;
            continue;
        }
        let _broken = lane.calm.read().await;
        match fault {
            Fault::Unreachable | Fault::Slow => network(&mut lane, fault).await,
            Fault::FailOver => fail_over(&lane).await,
            _ => command(&mut lane, fault).await,
        }
    }
}

/// What a command can do.
async fn command(lane: &mut Lane<'_>, fault: Fault) {
    let time = lane.seconds(0.5, 5.0);
    let millis = time.as_millis().to_string();
    let guard = lane.stage.redis.lock().await;
    let Redis::Pair(redis) = &*guard else { return };
    let note = |what: &str| lane.ledger.fault(what.to_owned());
    match fault {
        Fault::Subscriptions => {
            note("CLIENT KILL TYPE pubsub");
            redis.tell(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        }
        Fault::Clients => {
            note("CLIENT KILL TYPE normal");
            redis.tell(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        }
        Fault::Pause => {
            note(&format!("CLIENT PAUSE: {time:.1?}"));
            redis.tell(&["CLIENT", "PAUSE", &millis, "ALL"]).await;
            sleep(time).await;
        }
        Fault::PauseWrites => {
            note(&format!("CLIENT PAUSE WRITE: {time:.1?}"));
            redis.tell(&["CLIENT", "PAUSE", &millis, "WRITE"]).await;
            sleep(time).await;
        }
        Fault::Busy => {
            note(&format!("DEBUG SLEEP: {time:.1?}"));
            redis.tell(&["DEBUG", "SLEEP", &time.as_secs_f64().to_string()]).await;
            sleep(time).await;
        }
        Fault::Full => {
            note(&format!("full memory: {time:.1?}"));
            redis.tell(&["CONFIG", "SET", "maxmemory", "1mb"]).await;
            sleep(time).await;
            redis.tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
        }
        _ => {
            note("SCRIPT FLUSH");
            redis.tell(&["SCRIPT", "FLUSH"]).await;
        }
    }
}

async fn fail_over(lane: &Lane<'_>) {
    lane.ledger.fault("failover to the replica".to_owned());
    let mut guard = lane.stage.redis.lock().await;
    let Redis::Pair(redis) = &mut *guard else { return };
    redis.fail_over().await;
    lane.stage.to_redis.iter().for_each(|proxy| proxy.lead_to(redis.address()));
}

/// One process does not reach Redis, or reaches it late.
async fn network(lane: &mut Lane<'_>, fault: Fault) {
    let time = lane.seconds(1.0, 12.0);
    let delay = lane.seconds(0.05, 0.8);
    let victim = lane.random_index(lane.stage.to_redis.len());
    let proxy = &lane.stage.to_redis[victim];
    if matches!(fault, Fault::Slow) {
        lane.ledger.fault(format!("slow Redis: {delay:.1?} for process {victim}, for {time:.1?}"));
        proxy.set(Weather::Slow(delay));
    } else {
        lane.ledger.fault(format!("Redis out of reach: process {victim}, for {time:.1?}"));
        proxy.set(Weather::Lost);
    }
    sleep(time).await;
    proxy.clear_up();
}

/// A restart without persistence. What Redis alone knows cannot be brought back by anybody, so everything
/// must have arrived before.
async fn empty(lane: &Lane<'_>, publishing: &Publishing) {
    let _calm = lane.calm.write().await;
    publishing.pause().await;
    lane.stage.is_ready().await;
    let deadline = Instant::now() + CALM;
    while !lane.ledger.is_complete() && Instant::now() < deadline {
        sleep(Duration::from_millis(50)).await;
    }
    lane.ledger.fault(FORGETTING.to_owned());
    if let Redis::Pair(redis) = &mut *lane.stage.redis.lock().await {
        redis.restart_empty().await;
    }
    publishing.go_on();
}
