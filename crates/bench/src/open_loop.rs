//! Pushes at a fixed rate, whether or not the services keep up.
//!
//! A latency counts from when the event was due, not from when a connection was free to push it: otherwise a service
//! that stands still would slow its own load down and look fast ("coordinated omission").

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::{join, join_all};
use hdrhistogram::Histogram;
use hyper::StatusCode;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::event::{Mark, now, push};
use crate::http::HttpConnection;
use crate::plan::AT_ONCE;
use crate::ticker::Ticker;
use crate::units::{histogram, micros};

/// How long after it was due an event may arrive before it counts as lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

const TICK: Duration = Duration::from_millis(1);
const TICKS_PER_SECOND: u64 = 1000;

pub(crate) struct Pushed {
    /// Events that have become due, pushed or not.
    pub(crate) due: u64,
    /// Pushes that were not answered with 204.
    pub(crate) refused: u64,
    /// How late this program noticed that events were due, µs.
    pub(crate) behind: Histogram<u64>,
}

/// Pushes `rate` events a second to the conversations in turn, beginning with the event `first` of them all.
pub(crate) async fn open_loop(
    server: SocketAddr,
    conversations: &[String],
    first: u64,
    rate: u64,
    duration: Duration,
) -> Pushed {
    let due_by = |tick: u64| tick * rate / TICKS_PER_SECOND;
    let ticks = micros(duration) / micros(TICK);
    let (mut queues, mut pushing) = (Vec::new(), Vec::new());
    for _ in 0..AT_ONCE {
        // It has room for all events, so that services that stand still do not delay those that are due later.
        let (queue, events) = mpsc::channel(usize::try_from(due_by(ticks)).unwrap_or(usize::MAX).max(1));
        let connection = HttpConnection::connect(server).await.expect("a connection");
        pushing.push(push_all(connection, conversations, events));
        queues.push(queue);
    }
    let release = async {
        let (mut behind, mut tick) = (histogram(), 0);
        // Before the ticker begins, so that no event is pushed before it is due.
        let start = now();
        let mut ticker = Ticker::new(TICK);
        while tick < ticks {
            for _ in 0..ticker.tick().await.min(ticks - tick) {
                tick += 1;
                let due = start + tick * micros(TICK);
                behind.saturating_record(now().saturating_sub(due));
                for event in first + due_by(tick - 1)..first + due_by(tick) {
                    let (number, conversation) = in_turn(event, conversations.len());
                    // Each conversation keeps to one connection, so that its events are accepted in order.
                    let queue = &queues[conversation % AT_ONCE];
                    queue.try_send((conversation, Mark { number, due })).expect("room for all events");
                }
            }
        }
        drop(queues);
        behind
    };
    // What is not pushed until then is lost, as the desktops will tell.
    let pushing = timeout(duration + PATIENCE, join_all(pushing));
    let (behind, refused) = join(release, pushing).await;
    Pushed { due: due_by(ticks), refused: refused.unwrap_or_default().into_iter().sum(), behind }
}

/// Pushes what becomes due, one event after the other; how many pushes were not answered with 204.
async fn push_all(
    mut connection: HttpConnection,
    conversations: &[String],
    mut events: mpsc::Receiver<(usize, Mark)>,
) -> u64 {
    let mut refused = 0;
    while let Some((conversation, mark)) = events.recv().await {
        let answer = connection.send(push(&conversations[conversation], mark)).await;
        refused += u64::from(!answer.is_ok_and(|status| status == StatusCode::NO_CONTENT));
    }
    refused
}

/// The number of an event within its conversation, and which conversation that is.
pub(crate) fn in_turn(event: u64, conversations: usize) -> (u64, usize) {
    let count = conversations as u64;
    (event / count, usize::try_from(event % count).expect("less than conversations"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_to_the_conversations_in_turn() {
        assert_eq!([0, 1, 2, 3, 7].map(|event| in_turn(event, 3)), [(0, 0), (0, 1), (0, 2), (1, 0), (2, 1)]);
    }
}
