//! One desktop in one conversation.

use std::sync::Arc;

use event::{ConversationName, Position};
use socketio::Unsent;

use super::desktop::{Desktop, Frames};
use super::gap::GapCheck;

/// Where a desktop begins in a conversation that it joins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StartFrom {
    /// It has everything up to this position.
    pub(crate) after: Option<Position>,
    /// Without such a position: where it begins at the latest, as it may have joined before.
    pub(crate) at_latest: Option<Position>,
    /// The latest moment at which it is known to have had everything; see [`GapCheck::last_seen`].
    pub(crate) last_seen: u64,
}

impl StartFrom {
    /// Of a desktop that joins for the first time, now.
    pub(crate) const fn now(now: u64) -> Self {
        Self { after: None, at_latest: None, last_seen: now }
    }
}

/// The progress of a member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It gets live events, or is no member, or the room is not open: nothing can be done.
    Done,
    /// It needs the events after `delivered`, at least up to `seen`.
    Behind { delivered: Position, seen: Position },
}

/// Where a desktop begins at the latest that knows no position.
#[derive(Debug, Clone, Copy)]
enum Latest {
    /// Where all such desktops begin.
    Unbound,
    /// When it joined, because the room could not be opened then.
    Joined(Position),
    /// When it first connected: it has been here before, and may have disconnected before it received anything.
    CameBack(Position),
}

pub(super) struct Member {
    pub(super) desktop: Arc<Desktop>,
    /// The last position delivered; nothing before the room was opened for the first time.
    pub(super) delivered: Option<Position>,
    /// Until then: where it begins at the latest.
    at_latest: Latest,
    last_seen: u64,
    /// Whether it gets live events. If not, what it is missing is read from the log first.
    pub(super) live: bool,
    /// The log is known to hold what comes after `delivered`.
    is_contiguous: bool,
    /// A replay is running.
    pub(super) is_replaying: bool,
}

impl Member {
    pub(super) fn new(desktop: &Arc<Desktop>, name: &ConversationName, start: StartFrom) -> Self {
        let StartFrom { after, at_latest, last_seen } = start;
        if let Some(after) = after {
            desktop.start_at(name, after);
        }
        Self {
            desktop: desktop.clone(),
            delivered: after,
            at_latest: at_latest.map_or(Latest::Unbound, Latest::CameBack),
            last_seen,
            live: false,
            is_contiguous: after.is_none() && at_latest.is_none(),
            is_replaying: false,
        }
    }

    /// Sets where a desktop without a position begins: after `start`. `claimed` is the first of the
    /// undelivered events that was claimed: perhaps by this desktop, before it lost its connection.
    pub(super) fn start_at(&mut self, name: &ConversationName, start: Position, claimed: Option<Position>) {
        if self.delivered.is_none() {
            let start = match self.at_latest {
                Latest::Unbound => start,
                Latest::Joined(at) => start.min(at),
                Latest::CameBack(at) => claimed.map_or(start, |claimed| start.min(claimed.just_before())).min(at),
            };
            self.delivered = Some(start);
            self.desktop.start_at(name, start);
        }
    }

    /// It is not known yet where it begins.
    pub(super) fn start_at_latest(&mut self, position: Position) {
        if matches!(self.at_latest, Latest::Unbound) {
            self.at_latest = Latest::Joined(position);
        }
    }

    /// Delivers an event, unless the member has it.
    pub(super) fn deliver(
        &mut self,
        name: &ConversationName,
        position: Position,
        frames: &mut Frames<'_>,
    ) -> Result<(), Unsent> {
        if self.delivered < Some(position) {
            self.desktop.deliver(name, position, frames)?;
            self.delivered = Some(position);
        }
        Ok(())
    }

    /// It gets no live events any more; up to the moment `now` it had everything.
    pub(super) fn fall_behind(&mut self, now: u64) {
        if std::mem::take(&mut self.live) {
            (self.last_seen, self.is_contiguous) = (now, false);
        }
    }

    pub(super) fn advance_to(&mut self, position: Position) {
        self.delivered = self.delivered.max(Some(position));
    }

    /// The log holds what comes after `delivered`, or the desktop was notified that it does not.
    pub(super) fn mark_contiguous(&mut self) {
        self.is_contiguous = true;
    }

    pub(super) fn gap_check(&self) -> GapCheck {
        GapCheck { delivered: self.delivered.unwrap_or_default(), last_seen: self.last_seen }
    }

    /// The log ends at `tail`: nothing is missing if the member is there.
    pub(super) fn compare(&mut self, tail: Position) {
        self.is_contiguous |= self.delivered == Some(tail) && !tail.is_moment();
    }

    pub(super) fn compare_with(&mut self, seen: Position) -> Progress {
        let delivered = self.delivered.unwrap_or_default();
        if delivered < seen || !self.is_contiguous {
            return Progress::Behind { delivered, seen };
        }
        self.live = true;
        Progress::Done
    }
}
