//! Keeps the bus connected.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{PushInfo, RedisResult};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::RedisBus;
use super::wire::Wire;
use crate::backoff::Backoff;

/// How often an idle connection is asked whether it still stands, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(5);
const PING_PATIENCE: Duration = Duration::from_secs(2);

impl RedisBus {
    /// Connects, subscribes again after each loss and watches the connection, until `stop`.
    /// To be run once, as a task of its own. Afterwards the bus reports [`crate::Error::Stopped`].
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.connect_for_ever()).await;
        self.state.stop();
    }

    async fn connect_for_ever(&self) {
        let mut backoff = Backoff::default();
        loop {
            match self.session(&mut backoff).await {
                Ok(()) => warn!("the subscription to Redis was lost"),
                Err(error) if backoff.is_fresh() => warn!(%error, "no subscription to Redis"),
                Err(error) => debug!(%error, "no subscription to Redis"),
            }
            sleep(backoff.next()).await;
        }
    }

    /// One connection, from its making to its loss.
    async fn session(&self, backoff: &mut Backoff) -> RedisResult<()> {
        let epoch = self.state.begin();
        let outcome = match self.restore(epoch).await {
            Ok(wire) => {
                backoff.reset();
                self.watch(wire).await
            }
            Err(error) => Err(error),
        };
        self.state.lose(epoch);
        outcome
    }

    async fn restore(&self, epoch: u64) -> RedisResult<Wire> {
        let (state, own_prefix) = (Arc::downgrade(&self.state), format!("{}:", self.id));
        let on_push = move |push: PushInfo| {
            if let Some(state) = state.upgrade() {
                state.take(epoch, push, &own_prefix);
            }
        };
        let connection = self.broker.0.link.connect(on_push).await?;
        let mut wire = Wire::open(connection, &self.id).await?;
        self.clock.forget();
        self.ask(&mut wire).await?;
        let mut subscribed = HashSet::new();
        // What is no longer wanted by the time all is subscribed is taken back, and so on.
        while let Err(difference) = self.state.go_live(epoch, &subscribed, &wire) {
            wire.subscribe(&difference.missing).await?;
            wire.unsubscribe(&difference.surplus).await?;
            subscribed.extend(difference.missing);
            for conversation in &difference.surplus {
                subscribed.remove(conversation);
            }
        }
        if !self.state.is_live() {
            return Err((redis::ErrorKind::Io, "lost again while subscribing").into());
        }
        info!(conversations = subscribed.len(), "subscribed to Redis");
        Ok(wire)
    }

    /// Returns when the connection is lost.
    async fn watch(&self, mut wire: Wire) -> RedisResult<()> {
        while self.state.is_live() {
            match timeout(PING_EVERY, self.state.bell.notified()).await {
                Ok(()) => self.settle_doubts(&mut wire).await?,
                Err(_) => match timeout(PING_PATIENCE, self.ask(&mut wire)).await {
                    Ok(answer) => answer?,
                    Err(_) => return Ok(()),
                },
            }
        }
        Ok(())
    }

    /// Whether the connection stands, and leads where events are recorded; what time it is there.
    async fn ask(&self, wire: &mut Wire) -> RedisResult<()> {
        if wire.is_replica().await? {
            return Err((redis::ErrorKind::Io, "the server has become a replica").into());
        }
        if let Some(time) = wire.time().await? {
            self.clock.told(time);
        }
        Ok(())
    }

    /// Ends the subscriptions that abandoned operations may have left behind.
    async fn settle_doubts(&self, wire: &mut Wire) -> RedisResult<()> {
        for conversation in self.state.take_doubtful() {
            let Ok(_turn) = self.turn(&conversation).await else {
                self.state.doubt(conversation);
                continue;
            };
            if !self.state.is_wanted(&conversation) {
                wire.unsubscribe(std::slice::from_ref(&conversation)).await?;
            }
        }
        Ok(())
    }
}
