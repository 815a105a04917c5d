//! As many pushes as the interceptor takes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use super::{PushOutcome, connection::PushConnection};
use crate::{event::Conversations, wire::clock::now_micros};

/// Pushes over `connections` at once for `duration`, each one as soon as the last is answered.
pub async fn closed_loop(
    server: SocketAddr,
    conversations: &Arc<Conversations>,
    connections: usize,
    duration: Duration,
) -> PushOutcome {
    let start = Instant::now();
    let mut running = JoinSet::new();
    for first in 0..connections {
        let connection = PushConnection::new(server, Arc::clone(conversations));
        running.spawn(push_until(start + duration, connection, first, connections));
    }
    let mut sum = PushOutcome::default();
    for outcome in running.join_all().await {
        sum.add(outcome);
    }
    sum.elapsed = start.elapsed();
    sum
}

async fn push_until(end: Instant, mut connection: PushConnection, first: usize, step: usize) -> PushOutcome {
    let mut conversation = first;
    while Instant::now() < end {
        connection.push(conversation, now_micros()).await;
        conversation += step;
    }
    connection.outcome
}
