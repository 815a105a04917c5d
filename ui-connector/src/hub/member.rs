//! One desktop in one conversation.

use std::sync::Arc;

use event::{ConversationName, Position};
use socketio::Unsent;

use super::desktop::{Desktop, Frames};
use super::gap::Place;

/// Where a desktop begins in a conversation that it joins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    /// It has got everything up to this position.
    pub(crate) after: Option<Position>,
    /// Without such a position: where it begins at the latest, as it may have joined before.
    pub(crate) at_latest: Option<Position>,
    /// The latest moment at which it is known to have been served; see [`Place::as_of`].
    pub(crate) as_of: u64,
}

impl Beginning {
    /// Of a desktop that joins for the first time, now.
    pub(crate) const fn now(now: u64) -> Self {
        Self { after: None, at_latest: None, as_of: now }
    }
}

/// Where a member stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It gets live events, or is no member, or the room is not open: nothing can be done.
    Settled,
    /// It has to be given the events after `delivered`, at least up to `seen`.
    Behind { delivered: Position, seen: Position },
}

/// Where a desktop begins at the latest that knows no position.
#[derive(Debug, Clone, Copy)]
enum Latest {
    /// Where all such desktops begin.
    Unbound,
    /// When it joined, for it could not be served then.
    Joined(Position),
    /// When it first connected: it has been here before, and may have gone before it got anything.
    CameBack(Position),
}

pub(super) struct Member {
    pub(super) desktop: Arc<Desktop>,
    /// The last position delivered; nothing before the room was opened for the first time.
    pub(super) delivered: Option<Position>,
    /// Until then: where it begins at the latest.
    at_latest: Latest,
    as_of: u64,
    /// Gets live events. If not, everything that it has not got is read from the log first.
    pub(super) live: bool,
    /// The log is known to hold what comes after `delivered`.
    joined_up: bool,
    /// Somebody is reading the log for it.
    pub(super) catching_up: bool,
}

impl Member {
    pub(super) fn new(desktop: &Arc<Desktop>, name: &ConversationName, beginning: Beginning) -> Self {
        let Beginning { after, at_latest, as_of } = beginning;
        if let Some(after) = after {
            desktop.begin(name, after);
        }
        Self {
            desktop: desktop.clone(),
            delivered: after,
            at_latest: at_latest.map_or(Latest::Unbound, Latest::CameBack),
            as_of,
            live: false,
            joined_up: after.is_none() && at_latest.is_none(),
            catching_up: false,
        }
    }

    /// It is known where a desktop begins that knows nothing: after `start`. `taken` is the first of the
    /// events that nobody had heard and somebody was to get: perhaps this one, who lost its connection.
    pub(super) fn begin(&mut self, name: &ConversationName, start: Position, taken: Option<Position>) {
        if self.delivered.is_none() {
            let start = match self.at_latest {
                Latest::Unbound => start,
                Latest::Joined(at) => start.min(at),
                Latest::CameBack(at) => taken.map_or(start, |taken| start.min(taken.just_before())).min(at),
            };
            self.delivered = Some(start);
            self.desktop.begin(name, start);
        }
    }

    /// It cannot be told yet where it begins.
    pub(super) fn begin_at_latest(&mut self, position: Position) {
        if matches!(self.at_latest, Latest::Unbound) {
            self.at_latest = Latest::Joined(position);
        }
    }

    /// Delivers an event, unless the member has it.
    pub(super) fn give(
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
            (self.as_of, self.joined_up) = (now, false);
        }
    }

    pub(super) fn skip_to(&mut self, position: Position) {
        self.delivered = self.delivered.max(Some(position));
    }

    /// The log holds what comes after `delivered`, or the desktop was told that it does not.
    pub(super) fn join_up(&mut self) {
        self.joined_up = true;
    }

    pub(super) fn place(&self) -> Place {
        Place { delivered: self.delivered.unwrap_or_default(), as_of: self.as_of }
    }

    /// The log ends at `tail`: nothing is missing if that is what the member has got.
    pub(super) fn compare(&mut self, tail: Position) {
        self.joined_up |= self.delivered == Some(tail) && !tail.is_moment();
    }

    pub(super) fn settle(&mut self, seen: Position) -> Standing {
        let delivered = self.delivered.unwrap_or_default();
        if delivered < seen || !self.joined_up {
            return Standing::Behind { delivered, seen };
        }
        self.live = true;
        Standing::Settled
    }
}
