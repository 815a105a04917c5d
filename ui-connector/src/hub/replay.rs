//! Log → one desktop, until it has everything and can get live events.

use std::sync::Arc;

use broker::{Error, LoggedEvent};
use event::Position;

use super::Hub;
use super::desktop::Desktop;
use super::member::Progress;
use super::room::Room;

/// Events read at once: some 100 kB.
const PAGE: usize = 64;

impl Hub {
    /// Delivers what the desktop has missed, unless a replay is running. It ends when the
    /// desktop is live, has left, or was disconnected because it reads too slowly.
    pub(super) async fn catch_up_member(&self, room: &Room, desktop: &Arc<Desktop>) -> Result<(), Error> {
        if !room.start_replay(desktop) {
            return Ok(());
        }
        let caught_up = self.replay(room, desktop).await;
        if caught_up.is_err() {
            room.stop_replay(desktop);
        }
        caught_up
    }

    async fn replay(&self, room: &Room, desktop: &Arc<Desktop>) -> Result<(), Error> {
        while let Progress::Behind { delivered, seen } = room.progress(desktop) {
            let events = self.page(room, desktop, delivered).await?;
            if events.is_empty() {
                room.advance_to(desktop, seen);
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
            self.backends.log.read_after(&room.name, delivered.just_before(), PAGE + 1).await?
        };
        self.report_gap(room, desktop, events.first().map(|event| event.position)).await?;
        events.retain(|event| event.position > delivered);
        Ok(events)
    }

    /// Notifies the desktop if the log does not hold everything up to `next`, the first event that was read.
    async fn report_gap(&self, room: &Room, desktop: &Arc<Desktop>, next: Option<Position>) -> Result<(), Error> {
        let Some(gap_check) = room.gap_check(desktop) else { return Ok(()) };
        if gap_check.is_followed_by(next) {
            room.mark_contiguous(desktop, None);
            return Ok(());
        }
        let bounds = self.backends.log.bounds(&room.name).await?;
        if !gap_check.is_cut_off(bounds, self.now(), self.settings.retention.time) {
            room.mark_contiguous(desktop, None);
        } else if desktop.socket().ready().await.is_ok() && desktop.notify_missed(&room.name).is_ok() {
            tracing::info!(conversation = %room.name, "notified a desktop that events may be missing");
            room.mark_contiguous(desktop, next);
        }
        Ok(())
    }
}
