use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use event::{Fingerprint, Payload, Position};
use tokio::time::Instant;

use crate::{LogBounds, LogHead, LoggedEvent};

/// What is kept of one conversation: the counterpart of its keys in Redis.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    log: VecDeque<LoggedEvent>,
    seen: HashSet<Fingerprint>,
    /// The same fingerprints with the time of their recording, oldest first.
    seen_at: VecDeque<(Instant, Fingerprint)>,
    undelivered: Option<(Position, Instant)>,
    claimed: Option<(Position, Instant)>,
}

impl Conversation {
    /// Notes a message; false if it was noted before, less than `time` ago.
    pub(super) fn note(&mut self, fingerprint: Fingerprint, now: Instant, time: Duration) -> bool {
        while let Some((at, _)) = self.seen_at.front()
            && now.duration_since(*at) >= time
        {
            if let Some((_, old)) = self.seen_at.pop_front() {
                self.seen.remove(&old);
            }
        }
        let new = self.seen.insert(fingerprint);
        if new {
            self.seen_at.push_back((now, fingerprint));
        }
        new
    }

    /// Appends an event at `position`, which is greater than all before.
    pub(super) fn append(&mut self, payload: Payload, position: Position, keep: usize) -> LoggedEvent {
        let event = LoggedEvent { position, payload };
        self.log.push_back(event.clone());
        while self.log.len() > keep.max(1) {
            self.log.pop_front();
        }
        event
    }

    /// Sets the undelivered mark until `ends`, unless an earlier one is set, whose end this then is.
    pub(super) fn mark_undelivered(&mut self, position: Position, now: Instant, ends: Instant) {
        let earliest = match in_time(self.undelivered, now) {
            Some(set) => set.min(position),
            None => position,
        };
        self.undelivered = Some((earliest, ends));
    }

    /// Takes the mark, and remembers until `ends` that it was claimed.
    pub(super) fn open(&mut self, now: Instant, ends: Instant) -> LogHead {
        let undelivered = in_time(self.undelivered.take(), now);
        let claimed = [in_time(self.claimed, now), undelivered].into_iter().flatten().min();
        if let (Some(_), Some(oldest)) = (undelivered, claimed) {
            self.claimed = Some((oldest, ends));
        }
        LogHead { undelivered, tail: self.tail(), claimed }
    }

    pub(super) fn read_after(&self, position: Position, limit: usize) -> Vec<LoggedEvent> {
        let first = self.log.partition_point(|event| event.position <= position);
        self.log.range(first..).take(limit).cloned().collect()
    }

    pub(super) fn bounds(&self, keep: usize) -> LogBounds {
        LogBounds { first: self.log.front().map(|event| event.position), full: self.log.len() >= keep.max(1) }
    }

    fn tail(&self) -> Position {
        self.log.back().map_or(Position::START, |event| event.position)
    }
}

fn in_time(mark: Option<(Position, Instant)>, now: Instant) -> Option<Position> {
    mark.filter(|(_, ends)| *ends > now).map(|(position, _)| position)
}
