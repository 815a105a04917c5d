//! Opening and closing a room: what the first and the last desktop of a conversation cause in Redis.

use std::sync::Arc;

use broker::Error;
use server::telemetry::causes;

use super::Hub;
use super::room::{Room, RoomPhase};

impl Hub {
    /// Subscribes to the room's conversation and reads the end of its log, unless the room is open. Returns false if
    /// the subscription was lost meanwhile: the room is repaired when it is back.
    ///
    /// The order matters: an event is either received live or, before the subscription, marked as undelivered, so
    /// the mark is taken afterwards. The end of a log that was read without a subscription proves nothing: commands
    /// have a connection of their own, and may succeed meanwhile.
    pub(super) async fn ensure_open(&self, room: &Room, phase: &mut RoomPhase) -> Result<bool, Error> {
        while !room.is_open() {
            // Without an error the room stays closed for one reason: a subscription was lost. If it was another
            // conversation's, there is no need to wait.
            self.try_open(room, phase).await?;
            if !self.backends.subscriber.is_live(&room.name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn try_open(&self, room: &Room, phase: &mut RoomPhase) -> Result<(), Error> {
        let (subscriber, log) = (&self.backends.subscriber, &self.backends.log);
        let losses = self.losses();
        let is_new = *phase != RoomPhase::Subscribed;
        if is_new {
            subscriber.subscribe(&room.name).await?;
            *phase = RoomPhase::Subscribed;
        }
        if !subscriber.is_live(&room.name) {
            return Ok(());
        }
        let head = if is_new {
            // At the same time, to save a desktop a round trip.
            tokio::join!(self.claim(room), log.open(&room.name)).1?
        } else {
            log.open(&room.name).await?
        };
        room.open(head, || self.losses() == losses);
        Ok(())
    }

    /// Writes the mapping key. After a failure, the next renewal writes it.
    async fn claim(&self, room: &Room) {
        let (keys, connector) = (&self.backends.keys, &self.backends.connector);
        if let Err(error) = keys.claim(&room.name, connector, self.settings.mapping_ttl).await {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "failed to write a mapping key; trying again");
        }
    }

    /// Closes an empty room: unsubscribes, releases the mapping key, and marks undelivered events for the next
    /// desktop.
    ///
    /// The caller may be dropped at any point, because its desktop's connection has ended. Until everything is
    /// done, the room stays in place, as one that has to be subscribed again.
    pub(super) async fn close(&self, room: &Arc<Room>, phase: &mut RoomPhase) {
        if *phase != RoomPhase::New {
            *phase = RoomPhase::Closing;
            room.suspend(self.now());
            self.release(room).await;
        }
        *phase = RoomPhase::Closed;
        self.forget(room);
    }

    /// Takes every step, even if another one fails.
    async fn release(&self, room: &Room) {
        let (log, keys) = (&self.backends.log, &self.backends.keys);
        let unsubscribed = self.backends.subscriber.unsubscribe(&room.name).await;
        let marked = match room.undelivered_from() {
            Some(position) => log.mark_undelivered(&room.name, position).await,
            None => Ok(()),
        };
        let released = keys.release(&room.name, &self.backends.connector).await;
        if let Err(error) = unsubscribed.and(marked).and(released) {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "failed to release a conversation; its mapping key will expire");
        }
    }
}
