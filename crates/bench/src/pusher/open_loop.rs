//! Pushes at a fixed rate, whether or not the services keep up.
//!
//! An event's latency counts from the ms in which it was due, not from when a connection was free to send it:
//! otherwise a stalled service would slow down its own load and look fast ("coordinated omission").

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet, time::Instant};

use super::{PushOutcome, connection::PushConnection};
use crate::{
    event::Conversations,
    wire::{clock::now_micros, ticker::Ticker},
};

const TICK: Duration = Duration::from_millis(1);
const TICK_MICROS: u64 = 1000;
const TICKS_PER_SECOND: u64 = 1000;

/// A schedule of pushes.
#[derive(Clone, Copy, Debug)]
pub struct OpenLoop {
    /// Events per second, over all conversations in turn.
    pub rate: u64,
    /// For how long events become due.
    pub duration: Duration,
    /// Connections; each conversation keeps to one of them, so that its events are accepted in order.
    pub connections: usize,
    /// How long after the last event became due the services may take to answer.
    pub patience: Duration,
}

/// An event that has become due.
struct Due {
    conversation: usize,
    /// µs
    at: u64,
}

/// Pushes as scheduled.
///
/// # Errors
/// When the system has no timer.
pub async fn open_loop(
    server: SocketAddr,
    conversations: &Arc<Conversations>,
    plan: OpenLoop,
) -> io::Result<PushOutcome> {
    let start = Instant::now();
    let (queues, running) = start_connections(server, conversations, plan);
    release(&queues, conversations.count(), plan).await?;
    drop(queues);
    let mut sum = PushOutcome::default();
    for outcome in running.join_all().await {
        sum.add(outcome);
    }
    sum.elapsed = start.elapsed();
    sum.unsent = plan.total() - sum.accepted - sum.refused - sum.failed;
    Ok(sum)
}

impl OpenLoop {
    fn ticks(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }

    /// Events that are due by this tick.
    fn due_by(&self, tick: u64) -> u64 {
        tick * self.rate / TICKS_PER_SECOND
    }

    /// Events altogether.
    pub fn total(&self) -> u64 {
        self.due_by(self.ticks())
    }
}

type Queues = Vec<mpsc::Sender<Due>>;

fn start_connections(
    server: SocketAddr,
    conversations: &Arc<Conversations>,
    plan: OpenLoop,
) -> (Queues, JoinSet<PushOutcome>) {
    // A service that stands still leaves a backlog of at most all there is to push.
    let bound = usize::try_from(plan.total()).unwrap_or(usize::MAX).max(1);
    let give_up = Instant::now() + plan.duration + plan.patience;
    let mut running = JoinSet::new();
    let mut start = |_| {
        let (sender, queue) = mpsc::channel(bound);
        let connection = PushConnection::new(server, Arc::clone(conversations));
        running.spawn(push_what_is_due(queue, connection, give_up));
        sender
    };
    let queues = (0..plan.connections).map(&mut start).collect();
    (queues, running)
}

async fn push_what_is_due(
    mut queue: mpsc::Receiver<Due>,
    mut connection: PushConnection,
    give_up: Instant,
) -> PushOutcome {
    while let Some(due) = queue.recv().await {
        if Instant::now() > give_up {
            break;
        }
        connection.push(due.conversation, due.at).await;
    }
    connection.outcome
}

/// Lets the events become due, tick by tick, over all conversations in turn.
async fn release(queues: &Queues, conversations: usize, plan: OpenLoop) -> io::Result<()> {
    let start = now_micros();
    let ticker = Ticker::every(TICK)?;
    let mut turn = (0..conversations).cycle();
    let (mut tick, mut released) = (0, 0);
    while tick < plan.ticks() {
        let missed_until = (tick + ticker.tick().await?).min(plan.ticks());
        while tick < missed_until {
            tick += 1;
            let at = start + tick * TICK_MICROS;
            let due = plan.due_by(tick) - released;
            for conversation in turn.by_ref().take(usize::try_from(due).unwrap_or(usize::MAX)) {
                // Never full: the queue has room for all events.
                let _ = queues[conversation % queues.len()].try_send(Due { conversation, at });
            }
            released += due;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rate: u64, milliseconds: u64) -> OpenLoop {
        OpenLoop {
            rate,
            duration: Duration::from_millis(milliseconds),
            connections: 4,
            patience: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_schedule_keeps_the_rate_even_below_one_event_a_tick() {
        assert_eq!(plan(5000, 2000).total(), 10_000);
        let slow = plan(3, 1000);
        let due: Vec<u64> = [1, 333, 334, 667, 1000].map(|tick| slow.due_by(tick)).into();
        assert_eq!(due, [0, 0, 1, 2, 3]);
    }

    #[tokio::test]
    async fn a_dead_server_is_reported_not_waited_for() {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let conversations = Arc::new(Conversations::new("dead", 8));
        let outcome = open_loop(nobody, &conversations, plan(1000, 20)).await.unwrap();
        assert_eq!((outcome.failed, outcome.unsent), (20, 0));
    }
}
