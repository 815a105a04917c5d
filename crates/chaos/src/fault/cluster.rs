//! What can happen to a Redis Cluster.

use tokio::time::sleep;

use super::Lane;
use crate::stage::{Cluster, Redis};

#[derive(Debug, Clone, Copy)]
enum Fault {
    Death,
    HandOver,
    MoveSlots,
    Subscriptions,
    Clients,
    Pause,
    Scripts,
}

const FAULTS: [Fault; 8] = [
    Fault::Death,
    Fault::HandOver,
    Fault::MoveSlots,
    Fault::MoveSlots,
    Fault::Subscriptions,
    Fault::Clients,
    Fault::Pause,
    Fault::Scripts,
];

/// Slots that move at a time, one after the other.
const SLOTS: usize = 8;

pub(super) async fn run(mut lane: Lane<'_>) {
    while lane.rest().await {
        let fault = *lane.choose(&FAULTS);
        let _broken = lane.calm.read().await;
        let stage = lane.stage;
        let mut redis = stage.redis.lock().await;
        let Redis::Cluster(cluster) = &mut *redis else { return };
        match fault {
            Fault::Death => {
                let primary = *lane.choose(&cluster.0.cluster.primaries().await);
                lane.ledger.fault(format!("death of a primary: redis-{primary}"));
                cluster.kill(primary).await;
            }
            Fault::HandOver => {
                lane.ledger.fault("CLUSTER FAILOVER".to_owned());
                cluster.hand_over().await;
            }
            Fault::MoveSlots => {
                let first = lane.random_index(lane.plan.conversations);
                lane.ledger.fault(format!("the slots of {SLOTS} conversations move"));
                for number in first..first + SLOTS {
                    cluster.move_slot(number % lane.plan.conversations).await;
                }
            }
            _ => command(&mut lane, cluster, fault).await,
        }
    }
}

/// What a command to one primary can do.
async fn command(lane: &mut Lane<'_>, cluster: &Cluster, fault: Fault) {
    let primary = *lane.choose(&cluster.0.cluster.primaries().await);
    // Longer ones make the others elect a new primary.
    let time = lane.seconds(0.3, 4.0);
    let note = |what: &str| lane.ledger.fault(format!("{what}: redis-{primary}"));
    match fault {
        Fault::Subscriptions => {
            note("CLIENT KILL TYPE pubsub");
            cluster.tell(primary, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        }
        Fault::Clients => {
            note("CLIENT KILL TYPE normal");
            cluster.tell(primary, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        }
        Fault::Pause => {
            lane.ledger.fault(format!("DEBUG SLEEP: redis-{primary} for {time:.1?}"));
            cluster.tell(primary, &["DEBUG", "SLEEP", &time.as_secs_f64().to_string()]).await;
            sleep(time).await;
            cluster.heal().await;
        }
        _ => {
            note("SCRIPT FLUSH");
            cluster.tell(primary, &["SCRIPT", "FLUSH"]).await;
        }
    }
}
