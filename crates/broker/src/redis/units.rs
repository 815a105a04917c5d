//! Times as Redis' commands take them.

use std::time::Duration;

/// Whole seconds, for commands that take no less; at least one, because none means "now".
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

/// Milliseconds, at least one and few enough to be added to the time of day.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::MAX >> 2)
}
