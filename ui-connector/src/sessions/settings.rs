//! How long a session may go on without its user.

use std::time::Duration;

use server::env::EnvReader;

/// Limits of a session.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// For how long after its connection has ended a desktop may come back with an expired token; zero for never.
    pub grace: Duration,
    /// How long after its first token a session ends.
    pub longest: Duration,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { grace: Duration::from_mins(15), longest: Duration::from_hours(12) }
    }
}

impl SessionSettings {
    /// Reads `SESSION_GRACE_MINUTES` and `SESSION_MAX_HOURS`.
    pub fn read(env: &mut EnvReader) -> Self {
        let minutes = env.parse_within("SESSION_GRACE_MINUTES", "0 (off) to 1440", 15, |n| *n <= 1440);
        let hours = env.parse_within("SESSION_MAX_HOURS", "1 to 168", 12, |n| (1..=168).contains(n));
        Self { grace: Duration::from_mins(minutes), longest: Duration::from_hours(hours) }
    }

    pub(super) const fn is_on(&self) -> bool {
        !self.grace.is_zero()
    }
}
