use std::fmt;
use std::str::FromStr;

/// The place of an event in its conversation's log: the id of its stream entry.
///
/// Ids grow within a stream, so an event is new to a desktop exactly if its position is greater
/// than the last one delivered (<https://redis.io/docs/latest/develop/data-types/streams/#entry-ids>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Unix time of the entry, milliseconds, by the clock of the log.
    pub millis: u64,
    /// Number of the entry within its millisecond.
    pub sequence: u64,
}

impl Position {
    /// Before every event.
    pub const START: Self = Self { millis: 0, sequence: 0 };

    /// Before every event that is recorded from `millis` on, Unix time in milliseconds, and after every
    /// one that was recorded earlier.
    #[must_use]
    pub const fn moment(millis: u64) -> Self {
        Self { millis, sequence: 0 }.just_before()
    }

    /// Whether it is a point in time rather than the place of an event: [`Position::START`], or a
    /// [`Position::moment`]. No log gets as far as the last sequence number of a millisecond.
    pub const fn is_moment(self) -> bool {
        matches!(self, Self::START) || self.sequence == u64::MAX
    }

    /// The greatest position that is smaller than this one; [`Position::START`] stays where it is.
    #[must_use]
    pub const fn just_before(self) -> Self {
        match (self.millis, self.sequence) {
            (0, 0) => Self::START,
            (millis, 0) => Self { millis: millis - 1, sequence: u64::MAX },
            (millis, sequence) => Self { millis, sequence: sequence - 1 },
        }
    }

    /// The smallest position that is greater than this one; the last one stays where it is.
    #[must_use]
    pub const fn just_after(self) -> Self {
        match (self.millis, self.sequence) {
            (u64::MAX, u64::MAX) => self,
            (millis, u64::MAX) => Self { millis: millis + 1, sequence: 0 },
            (millis, sequence) => Self { millis, sequence: sequence + 1 },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.sequence)
    }
}

/// The text is not of the form `<milliseconds>-<sequence>`.
#[derive(Debug, thiserror::Error)]
#[error("not a position of the form <milliseconds>-<sequence>")]
pub struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (millis, sequence) = text.split_once('-').ok_or(InvalidPosition)?;
        Ok(Self { millis: digits(millis)?, sequence: digits(sequence)? })
    }
}

/// `str::parse` would also take a plus sign.
fn digits(text: &str) -> Result<u64, InvalidPosition> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidPosition);
    }
    text.parse().map_err(|_| InvalidPosition)
}

#[cfg(test)]
mod tests {
    use super::Position;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(millis: u64, sequence: u64) {
            let position = Position { millis, sequence };
            prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }

        #[test]
        fn nothing_lies_between_a_position_and_the_one_just_before(millis in 0..3u64, sequence in 0..3u64) {
            let position = Position { millis, sequence };
            if position == Position::START {
                prop_assert_eq!(position.just_before(), Position::START);
            } else {
                prop_assert!(position.just_before() < position);
                prop_assert!(position.just_before().sequence == u64::MAX || position.just_before().sequence == sequence - 1);
            }
        }

        #[test]
        fn nothing_lies_between_a_position_and_the_one_just_after(millis in 0..3u64, sequence in prop_oneof![0..3u64, Just(u64::MAX)]) {
            let position = Position { millis, sequence };
            prop_assert!(position.just_after() > position);
            prop_assert_eq!(position.just_after().just_before(), position);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = text.parse::<Position>();
        }
    }

    #[test]
    fn a_moment_lies_between_what_came_before_and_what_comes_after() {
        let moment = Position::moment(7);
        assert!(moment.is_moment() && Position::START.is_moment() && Position::moment(0).is_moment());
        assert!(Position { millis: 6, sequence: 9 } < moment && moment < Position { millis: 7, sequence: 0 });
        assert!(!Position { millis: 7, sequence: 0 }.is_moment());
    }

    #[test]
    fn nothing_comes_after_the_last_position() {
        let last = Position { millis: u64::MAX, sequence: u64::MAX };
        assert_eq!(last.just_after(), last);
    }

    #[test]
    fn signs_and_blanks_are_refused() {
        for text in ["", "-", "1", "1-", "-1", "+1-0", "1-+0", "1 -0", "99999999999999999999-0"] {
            assert!(text.parse::<Position>().is_err(), "{text:?}");
        }
    }
}
