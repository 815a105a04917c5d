//! Subscriber → room.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use broker::{EventSink, Incoming, Slots};

use super::Hub;
use crate::metrics;

/// Receives the messages of the subscriber. It does not keep the hub alive.
pub(super) struct Sink(Weak<Hub>);

impl Sink {
    pub(super) fn new(hub: &Arc<Hub>) -> Self {
        Self(Arc::downgrade(hub))
    }
}

impl EventSink for Sink {
    fn deliver(&self, message: Incoming<'_>) {
        let Some(hub) = self.0.upgrade() else { return };
        match message {
            Incoming::Live { conversation, event } => {
                if let Some(room) = hub.find(conversation)
                    && !room.dispatch(&event)
                {
                    hub.request_repair(room);
                }
            }
            Incoming::Foreign { conversation, payload } => {
                if let Some(room) = hub.find(conversation) {
                    room.dispatch_unlogged(&payload);
                }
            }
            Incoming::Lost(slots) => hub.suspend(slots),
            Incoming::Restored(slots) => hub.resume(slots),
        }
    }
}

impl Hub {
    fn suspend(&self, slots: &Slots) {
        self.losses.fetch_add(1, Ordering::SeqCst);
        metrics::subscription_lost();
        let now = self.now();
        for room in self.rooms_in(slots) {
            room.suspend(now);
        }
    }

    fn resume(&self, slots: &Slots) {
        for room in self.rooms_in(slots) {
            self.request_repair(room);
        }
        self.renew.notify_one();
    }
}
