//! One connection for live events, from its making to its loss.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, PushInfo, RedisResult};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::info;

use super::RedisBus;
use super::wire::Wire;
use crate::Slots;
use crate::backoff::Backoff;
use crate::redis::names::Channel;
use crate::redis::servers::{Layout, Server};

/// How often a connection is asked whether it still stands, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(5);
const PING_PATIENCE: Duration = Duration::from_secs(2);

/// What is known about one connection.
#[derive(Default)]
pub(super) struct Session {
    /// What its server has.
    pub(super) slots: Slots,
    /// Where to subscribe, once all is subscribed that was wanted at first.
    pub(super) wire: Option<Wire>,
    /// What may have been left subscribed because nobody waited for the end of the operation.
    pub(super) doubtful: Vec<Channel>,
    /// Rings when there is something to look after.
    pub(super) bell: Arc<Notify>,
}

/// A server with whatever comes to one who looks after the connection to it.
pub(super) struct Post {
    pub(super) server: Arc<Server>,
    pub(super) layouts: watch::Receiver<Arc<Layout>>,
    pub(super) backoff: Backoff,
}

impl Post {
    /// What the server has at the moment, if anything.
    pub(super) fn slots(&mut self) -> Option<Slots> {
        let layout = self.layouts.borrow_and_update();
        let mut entries = layout.0.iter();
        entries.find(|(server, _)| Arc::ptr_eq(server, &self.server)).map(|(_, slots)| slots.clone())
    }
}

impl RedisBus {
    /// Ends with the connection, or when the server has no slots any more.
    pub(super) async fn session(&self, post: &mut Post, slots: &Slots) -> RedisResult<()> {
        let (number, bell) = self.state.begin(slots);
        let outcome = match self.connect(number, &post.server).await {
            Ok(mut wire) => {
                post.backoff.reset();
                self.watch(number, &bell, &mut wire, post).await
            }
            Err(error) => Err(error),
        };
        self.state.lose(number);
        outcome
    }

    async fn connect(&self, number: u64, server: &Server) -> RedisResult<Wire> {
        let (state, own) = (Arc::downgrade(&self.state), self.id.clone());
        let on_push = move |push: PushInfo| {
            if let Some(state) = state.upgrade() {
                state.take(number, push, &own);
            }
        };
        let connection = server.link.connect(on_push).await?;
        let is_cluster = self.broker.0.servers.is_cluster();
        let mut wire = Wire::open(connection, &self.id, is_cluster).await?;
        self.clock.forget(&server.address);
        self.ask(&mut wire, server).await?;
        let channels = self.restore(number, &mut wire).await?;
        info!(channels, "subscribed to Redis");
        Ok(wire)
    }

    /// Subscribes to all that is wanted and not yet subscribed; returns how many that were.
    async fn restore(&self, number: u64, wire: &mut Wire) -> RedisResult<usize> {
        let mut subscribed = HashSet::new();
        // What is no longer wanted by the time all is subscribed is taken back, and so on.
        while let Err(difference) = self.state.go_live(number, &subscribed, wire) {
            for slot in wire.subscribe(&difference.missing).await? {
                self.state.lose_slot(slot);
            }
            wire.unsubscribe(&difference.surplus).await?;
            subscribed.extend(difference.missing);
            for channel in &difference.surplus {
                subscribed.remove(channel);
            }
        }
        if self.state.is_open(number) {
            return Ok(subscribed.len());
        }
        Err((ErrorKind::Io, "lost again while subscribing").into())
    }

    async fn watch(&self, number: u64, bell: &Notify, wire: &mut Wire, post: &mut Post) -> RedisResult<()> {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.state.is_open(number) {
            tokio::select! {
                () = bell.notified() => {
                    self.settle_doubts(number, wire).await?;
                    self.restore(number, wire).await?;
                }
                changed = post.layouts.changed() => match post.slots() {
                    Some(slots) if changed.is_ok() => self.state.assign(number, &slots),
                    _ => return Ok(()),
                },
                _ = pings.tick() => match timeout(PING_PATIENCE, self.ask(wire, &post.server)).await {
                    Ok(answer) => answer?,
                    Err(_) => return Ok(()),
                },
            }
        }
        Ok(())
    }

    /// Whether the connection stands, and leads where events are recorded; what time it is there.
    async fn ask(&self, wire: &mut Wire, server: &Server) -> RedisResult<()> {
        if wire.is_replica().await? {
            return Err((ErrorKind::Io, "the server has become a replica").into());
        }
        if let Some(time) = wire.time().await? {
            self.clock.told(&server.address, time);
        }
        Ok(())
    }

    /// Ends the subscriptions that abandoned operations may have left behind.
    async fn settle_doubts(&self, number: u64, wire: &mut Wire) -> RedisResult<()> {
        for channel in self.state.take_doubtful(number) {
            let Ok(_turn) = self.turn(&channel).await else {
                self.state.doubt(channel);
                continue;
            };
            if !self.state.is_wanted(&channel) {
                wire.unsubscribe(std::slice::from_ref(&channel)).await?;
            }
        }
        Ok(())
    }
}
