//! Whether events between two positions may be missing, because the log does not hold them any more.

use std::time::Duration;

use broker::LogBounds;
use event::Position;

/// What is known about a desktop that gets a replay.
#[derive(Debug, Clone, Copy)]
pub(super) struct GapCheck {
    /// The last position delivered, or where the desktop began.
    pub(super) delivered: Position,
    /// The latest moment at which it is known to have had everything: what it missed came later.
    /// Unix time by the clock of the log, milliseconds.
    pub(super) last_seen: u64,
}

impl GapCheck {
    /// Whether nothing lies between it and `next`, the first event at it or after it.
    pub(super) fn is_followed_by(self, next: Option<Position>) -> bool {
        next.is_some_and(|next| next <= self.delivered.just_after())
    }

    /// Whether something may have been between it and the next event in the log, or the log's end,
    /// if the log does not hold the event at `delivered`.
    ///
    /// In doubt the answer is yes: a false positive costs one reload, a false negative loses events.
    pub(super) fn is_cut_off(self, log: LogBounds, now: u64, retention: Duration) -> bool {
        if log.first.is_some_and(|first| first <= self.delivered) {
            return false;
        }
        let ended = now.saturating_sub(u64::try_from(retention.as_millis()).unwrap_or(u64::MAX));
        // What came since then cannot have expired; only Redis can have lost it, or dropped it for lack of room.
        let is_fresh = self.last_seen > ended;
        match (log.full, self.delivered.is_moment()) {
            (true, _) => true,
            (false, true) => !is_fresh && log.first.is_some(),
            // An old event has expired; a younger one must be there, or Redis was emptied.
            (false, false) => !(is_fresh && self.delivered.millis <= ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 2_000_000;
    const RETENTION: Duration = Duration::from_mins(15);

    fn at(millis: u64) -> Position {
        Position { millis, sequence: 0 }
    }

    fn is_cut_off(delivered: Position, last_seen: u64, first: Option<Position>, full: bool) -> bool {
        GapCheck { delivered, last_seen }.is_cut_off(LogBounds { first, full }, NOW, RETENTION)
    }

    #[test]
    fn adjacent_positions_have_no_gap() {
        let gap_check = GapCheck { delivered: at(5), last_seen: 0 };
        assert!(gap_check.is_followed_by(Some(at(5))) && gap_check.is_followed_by(Some(at(5).just_after())));
        assert!(!gap_check.is_followed_by(Some(at(6))) && !gap_check.is_followed_by(None));
    }

    #[test]
    fn a_log_that_goes_further_back_has_everything() {
        assert!(!is_cut_off(at(1_999_000), 0, Some(at(1_000)), true));
        assert!(!is_cut_off(Position::moment(1_999_000), 0, Some(at(1_000)), true));
    }

    #[test]
    fn a_full_log_has_dropped_what_came_before_it() {
        assert!(is_cut_off(at(1_990_000), NOW, Some(at(1_999_000)), true));
        assert!(is_cut_off(Position::START, NOW, Some(at(1_999_000)), true));
    }

    #[test]
    fn a_recent_event_that_is_gone_was_lost_with_redis() {
        assert!(is_cut_off(at(1_999_000), NOW, None, false));
        assert!(is_cut_off(at(1_999_000), NOW, Some(at(1_999_500)), false));
    }

    #[test]
    fn an_old_event_ends_by_itself() {
        assert!(!is_cut_off(at(1_000_000), NOW - 1, None, false));
        assert!(!is_cut_off(at(1_000_000), NOW - 1, Some(at(1_999_500)), false));
        assert!(is_cut_off(at(1_000_000), 1_000_001, None, false), "what came and ended meanwhile is unknown");
    }

    #[test]
    fn a_whole_log_has_everything_since_before_its_first_event() {
        assert!(!is_cut_off(Position::START, NOW - 1, Some(at(1_999_500)), false));
        assert!(!is_cut_off(Position::moment(1_500_000), 1_500_000, None, false));
        assert!(is_cut_off(Position::START, 1_000_000, Some(at(1_999_500)), false));
    }
}
