//! Log → one desktop, until it has everything and can get live events.

use std::sync::Arc;

use broker::{Error, LoggedEvent};
use event::Position;

use super::Hub;
use super::desktop::Desktop;
use super::member::Standing;
use super::room::Room;

/// Events read at once: some 100 kB.
const PAGE: usize = 64;

impl Hub {
    /// Delivers what the desktop has missed, unless somebody does so already. It ends when the
    /// desktop is live, has left, or was cut because it reads too slowly.
    pub(super) async fn bring_up(&self, room: &Room, desktop: &Arc<Desktop>) -> Result<(), Error> {
        if !room.begin_catching_up(desktop) {
            return Ok(());
        }
        let caught_up = self.replay(room, desktop).await;
        if caught_up.is_err() {
            room.give_up(desktop);
        }
        caught_up
    }

    async fn replay(&self, room: &Room, desktop: &Arc<Desktop>) -> Result<(), Error> {
        while let Standing::Behind { delivered, seen } = room.standing(desktop) {
            let events = self.page(room, desktop, delivered).await?;
            if events.is_empty() {
                room.skip_to(desktop, seen);
            }
            for event in events {
                if desktop.socket().ready().await.is_err() {
                    return Ok(());
                }
                if !room.replay(desktop, &event) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The next events after `delivered`. The one at `delivered` is read too: if it is there, no event
    /// after it can be missing.
    async fn page(&self, room: &Room, desktop: &Arc<Desktop>, delivered: Position) -> Result<Vec<LoggedEvent>, Error> {
        let mut events = {
            let _turn = self.reads.acquire().await;
            self.backends.bus.read_after(&room.name, delivered.just_before(), PAGE + 1).await?
        };
        self.tell_of_gap(room, desktop, events.first().map(|event| event.position)).await?;
        events.retain(|event| event.position > delivered);
        Ok(events)
    }

    /// Tells the desktop if the log does not hold everything up to `next`, the first event that was read.
    async fn tell_of_gap(&self, room: &Room, desktop: &Arc<Desktop>, next: Option<Position>) -> Result<(), Error> {
        let Some(place) = room.place(desktop) else { return Ok(()) };
        if place.is_followed_by(next) {
            room.join_up(desktop, None);
            return Ok(());
        }
        let bus = &self.backends.bus;
        let log = bus.reach(&room.name).await?;
        if !place.is_cut_off(log, bus.now(), self.settings.retention.time) {
            room.join_up(desktop, None);
        } else if desktop.socket().ready().await.is_ok() && desktop.tell_missed(&room.name).is_ok() {
            tracing::info!(conversation = %room.name, "a desktop was told that it may have missed events");
            room.join_up(desktop, next);
        }
        Ok(())
    }
}
