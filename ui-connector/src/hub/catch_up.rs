//! Log → one desktop, until it has everything and can get live events.

use std::sync::Arc;

use broker::{Error, EventBus};

use super::desktop::Desktop;
use super::room::{Room, Standing};

/// Events read at once: some 100 kB.
const PAGE: usize = 64;

/// Delivers what the desktop has missed. It ends when the desktop is live, has left, or was cut
/// because it reads too slowly.
pub(super) async fn catch_up(bus: &dyn EventBus, room: &Room, desktop: &Arc<Desktop>) -> Result<(), Error> {
    while let Standing::Behind { delivered, seen } = room.standing(desktop) {
        let events = bus.read_after(&room.name, delivered, PAGE).await?;
        if events.is_empty() {
            room.skip_to(desktop, seen);
        }
        for event in events {
            if desktop.socket().ready().await.is_err() {
                return Ok(());
            }
            room.replay(desktop, &event);
        }
    }
    Ok(())
}
