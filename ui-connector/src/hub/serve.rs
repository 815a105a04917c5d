//! Opening and closing a room: what a conversation's first and last desktop cause in Redis.

use std::sync::atomic::Ordering;

use broker::Error;
use service::telemetry::causes;

use super::Hub;
use super::room::{Room, Service};

impl Hub {
    /// Listens for the room and learns where its log ends. Nothing happens if that is known.
    ///
    /// The order matters: once we listen, an event is either heard by us or, before, marked as
    /// unheard; so the mark is taken after.
    pub(super) async fn serve(&self, room: &Room, service: &mut Service) -> Result<(), Error> {
        if room.is_open() {
            return Ok(());
        }
        let bus = &self.backends.bus;
        let losses = self.losses.load(Ordering::SeqCst);
        if *service == Service::None {
            bus.subscribe(&room.name).await?;
            *service = Service::Subscribed;
            self.claim(room).await;
        }
        let opened = bus.open(&room.name).await?;
        room.open(opened, || self.losses.load(Ordering::SeqCst) == losses);
        Ok(())
    }

    /// A key that could not be written is written by the next renewal.
    async fn claim(&self, room: &Room) {
        let (keys, connector) = (&self.backends.keys, &self.backends.connector);
        if let Err(error) = keys.claim(&room.name, connector, self.settings.mapping_ttl).await {
            tracing::warn!(error = %causes(&error), conversation = %room.name, "the mapping key could not be written");
        }
    }

    /// Listens no longer and gives the mapping key back. What came when no desktop was left is kept
    /// for the next one.
    pub(super) async fn close(&self, room: &Room, service: &mut Service) {
        let was = std::mem::replace(service, Service::Closed);
        if was == Service::Subscribed {
            let released = self.release(room).await;
            if let Err(error) = released {
                tracing::warn!(error = %causes(&error), conversation = %room.name, "a conversation could not be given back; its mapping key will expire");
            }
        }
    }

    async fn release(&self, room: &Room) -> Result<(), Error> {
        self.backends.bus.unsubscribe(&room.name).await?;
        if let Some(position) = room.first_ungiven() {
            self.backends.bus.mark_unheard(&room.name, position).await?;
        }
        self.backends.keys.release(&room.name, &self.backends.connector).await
    }
}
