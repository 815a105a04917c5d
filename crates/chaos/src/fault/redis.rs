//! What can happen to Redis, and to the network between it and the processes.

use std::time::Duration;

use tokio::time::sleep;

use super::Lane;
use crate::ledger::FORGETTING;
use crate::publisher::Publishing;
use crate::stage::RedisUnderTest;
use testkit::Weather;

const CALM: Duration = Duration::from_mins(2);
/// Conversations whose slots move, one after the other.
const SLOTS: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Command(&'static str),
    /// A command whose effect lasts for some time, which stands for `{ms}` or `{s}` if the command needs it.
    Lasting(&'static str),
    FailOver,
    Empty,
    Unreachable,
    Slow,
    Death,
    MoveSlots,
}

const SUBSCRIPTIONS: Fault = Fault::Command("CLIENT KILL TYPE pubsub");
const CLIENTS: Fault = Fault::Command("CLIENT KILL TYPE normal SKIPME yes");
const SCRIPTS: Fault = Fault::Command("SCRIPT FLUSH");
const BUSY: Fault = Fault::Lasting("DEBUG SLEEP {s}");

const OF_A_PAIR: [Fault; 11] = [
    SUBSCRIPTIONS,
    CLIENTS,
    SCRIPTS,
    BUSY,
    Fault::Lasting("CLIENT PAUSE {ms} ALL"),
    Fault::Lasting("CLIENT PAUSE {ms} WRITE"),
    Fault::Lasting("CONFIG SET maxmemory 1mb"),
    Fault::FailOver,
    Fault::Empty,
    Fault::Unreachable,
    Fault::Slow,
];

const OF_A_CLUSTER: [Fault; 8] =
    [SUBSCRIPTIONS, CLIENTS, SCRIPTS, BUSY, Fault::FailOver, Fault::Death, Fault::MoveSlots, Fault::MoveSlots];

pub(super) async fn run(mut lane: Lane<'_>, publishing: &Publishing) {
    let faults = if lane.plan.cluster { &OF_A_CLUSTER[..] } else { &OF_A_PAIR };
    while lane.rest().await {
        let fault = *lane.choose(faults);
        if matches!(fault, Fault::Empty) {
            empty(&lane, publishing).await;
            continue;
        }
        let _broken = lane.calm.read().await;
        match fault {
            Fault::Unreachable | Fault::Slow => network(&mut lane, fault).await,
            _ => redis(&mut lane, fault).await,
        }
    }
}

async fn redis(lane: &mut Lane<'_>, fault: Fault) {
    // A longer standstill makes a cluster elect a new primary.
    let (stage, time) = (lane.stage, lane.seconds(0.3, 4.0));
    let mut redis = stage.redis.lock().await;
    let primary = *lane.choose(&redis.primaries().await);
    match (fault, &mut *redis) {
        (Fault::Command(command), redis) => {
            lane.ledger.fault(format!("{command}: redis-{primary}"));
            redis.tell(primary, command).await;
        }
        (Fault::Lasting(command), redis) => {
            let with = |millis: &str, seconds: &str| command.replace("{ms}", millis).replace("{s}", seconds);
            lane.ledger.fault(format!("{}: redis-{primary} for {time:.1?}", with("…", "…")));
            let (millis, seconds) = (time.as_millis().to_string(), time.as_secs_f64().to_string());
            redis.tell(primary, &with(&millis, &seconds)).await;
            sleep(time).await;
            redis.heal().await;
        }
        (Fault::Death, RedisUnderTest::Cluster(cluster)) => {
            lane.ledger.fault(format!("death of a primary: redis-{primary}"));
            cluster.kill(primary).await;
        }
        (Fault::MoveSlots, RedisUnderTest::Cluster(cluster)) => {
            let (conversations, first) = (lane.plan.conversations(), lane.random_index(lane.plan.conversations()));
            lane.ledger.fault(format!("the slots of {SLOTS} conversations move"));
            for number in first..first + SLOTS {
                cluster.move_slot(number % conversations).await;
            }
        }
        (_, redis) => {
            lane.ledger.fault("failover to a replica".to_owned());
            redis.fail_over().await;
            if let RedisUnderTest::Pair(pair) = redis {
                stage.to_redis.iter().for_each(|proxy| proxy.lead_to(pair.address()));
            }
        }
    }
}

/// One process does not reach Redis, or reaches it late.
async fn network(lane: &mut Lane<'_>, fault: Fault) {
    let (time, delay) = (lane.seconds(1.0, 12.0), lane.seconds(0.05, 0.8));
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

/// Nothing can bring back what Redis alone knows, so everything must have arrived before it forgets.
async fn empty(lane: &Lane<'_>, publishing: &Publishing) {
    let _calm = lane.calm.write().await;
    let _turn = publishing.turn.write().await;
    lane.stage.is_ready().await;
    lane.ledger.is_complete_within(CALM).await;
    lane.ledger.fault(FORGETTING.to_owned());
    if let RedisUnderTest::Pair(redis) = &mut *lane.stage.redis.lock().await {
        redis.restart_empty().await;
    }
}
