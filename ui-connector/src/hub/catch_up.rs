//! Log → one desktop, until it has everything and can get live events.

use std::sync::Arc;

use broker::Error;

use super::Hub;
use super::desktop::Desktop;
use super::room::{Room, Standing};

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
            let events = {
                let _turn = self.reads.acquire().await;
                self.backends.bus.read_after(&room.name, delivered, PAGE).await?
            };
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
}
