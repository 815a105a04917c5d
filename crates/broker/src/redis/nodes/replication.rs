use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::RedisResult;
use redis::aio::ConnectionLike;
use tokio::sync::Mutex;

/// How long replicas may take. Meanwhile Redis reads nothing else from the connection.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How long the key stays that is written before it is asked.
const LIFETIME: Duration = Duration::from_mins(1);

/// Waits until replicas have what was written (<https://redis.io/docs/latest/commands/wait/>).
pub(super) struct ReplicationAck {
    replicas: usize,
    tickets: AtomicU64,
    answered: Mutex<Answered>,
}

/// The last answer of Redis, and the connection that it came on.
#[derive(Default)]
struct Answered {
    /// The connection that was asked.
    generation: u64,
    /// The last ticket that had been drawn before it was asked.
    ticket: u64,
    is_kept: bool,
}

impl ReplicationAck {
    pub(super) fn new(replicas: usize) -> Self {
        Self { replicas, tickets: AtomicU64::new(0), answered: Mutex::default() }
    }

    /// Whether enough replicas have everything that was written before, on this connection, the one of `generation`.
    /// One question answers all requests that came before it; on another connection, perhaps to another
    /// node, its answer means nothing.
    pub(super) async fn pass(
        &self,
        connection: &mut impl ConnectionLike,
        generation: u64,
        key: &str,
    ) -> RedisResult<bool> {
        if self.replicas == 0 {
            return Ok(true);
        }
        let ticket = self.tickets.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answered = self.answered.lock().await;
        if answered.generation == generation && answered.ticket >= ticket {
            return Ok(answered.is_kept);
        }
        let ticket = self.tickets.load(Ordering::SeqCst);
        let is_kept = self.ask(connection, key).await? >= self.replicas;
        *answered = Answered { generation, ticket, is_kept };
        Ok(is_kept)
    }

    /// How many replicas have everything. Something is written first, so that there is something to wait for: a
    /// duplicate writes nothing, and what it repeats may have been written on another connection.
    async fn ask(&self, connection: &mut impl ConnectionLike, key: &str) -> RedisResult<usize> {
        let mut steps = redis::pipe();
        steps.cmd("SET").arg(key).arg(1).arg("EX").arg(LIFETIME.as_secs()).ignore();
        steps.cmd("WAIT").arg(self.replicas).arg(TIMEOUT.as_millis());
        let (replicas,) = steps.query_async(connection).await?;
        Ok(replicas)
    }
}
