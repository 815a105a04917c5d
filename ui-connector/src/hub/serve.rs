//! Opening and closing a room: what a conversation's first and last desktop cause in Redis.

use std::sync::Arc;

use broker::Error;
use server::telemetry::causes;

use super::Hub;
use super::room::{Room, Service};

impl Hub {
    /// Listens for the room and learns where its log ends. Nothing happens if that is known. False if
    /// the subscription was lost meanwhile: when it is back, the room is repaired.
    ///
    /// The order matters: once we listen, an event is either heard by us or, before, marked as
    /// unheard; so the mark is taken after. And an end of the log that was read while nobody listened
    /// says nothing, although commands, on a connection of their own, may well go through then.
    pub(super) async fn serve(&self, room: &Room, service: &mut Service) -> Result<bool, Error> {
        while !room.is_open() {
            // Without an error it stays closed for one reason: something was lost. If that was another
            // conversation's subscription, there is no need to wait.
            self.try_to_open(room, service).await?;
            if !self.backends.bus.serves(&room.name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn try_to_open(&self, room: &Room, service: &mut Service) -> Result<(), Error> {
        let bus = &self.backends.bus;
        let losses = self.losses();
        let is_new = *service != Service::Subscribed;
        if is_new {
            bus.subscribe(&room.name).await?;
            *service = Service::Subscribed;
        }
        if !bus.serves(&room.name) {
            return Ok(());
        }
        let opened = if is_new {
            // Together, to save a desktop a round trip.
            tokio::join!(self.claim(room), bus.open(&room.name)).1?
        } else {
            bus.open(&room.name).await?
        };
        room.open(opened, || self.losses() == losses);
        Ok(())
    }

    /// A key that could not be written is written by the next renewal.
    async fn claim(&self, room: &Room) {
        let (keys, connector) = (&self.backends.keys, &self.backends.connector);
        if let Err(error) = keys.claim(&room.name, connector, self.settings.mapping_ttl).await {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "the mapping key could not be written");
        }
    }

    /// Ends an empty room: listens no longer, gives the mapping key back, and keeps what no desktop
    /// has got for the next one.
    ///
    /// The caller may be dropped at any point, as its desktop's connection has ended. Until all is
    /// done the room stays where it is, as one that has to be subscribed again.
    pub(super) async fn close(&self, room: &Arc<Room>, service: &mut Service) {
        if *service != Service::None {
            *service = Service::Closing;
            room.suspend(self.now());
            self.release(room).await;
        }
        *service = Service::Closed;
        self.forget(room);
    }

    /// One step that fails does not keep the others from being taken.
    async fn release(&self, room: &Room) {
        let (bus, keys) = (&self.backends.bus, &self.backends.keys);
        let unsubscribed = bus.unsubscribe(&room.name).await;
        let marked = match room.first_ungiven() {
            Some(position) => bus.mark_unheard(&room.name, position).await,
            None => Ok(()),
        };
        let released = keys.release(&room.name, &self.backends.connector).await;
        if let Err(error) = unsubscribed.and(marked).and(released) {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "a conversation was not given back; its mapping key will expire");
        }
    }
}
