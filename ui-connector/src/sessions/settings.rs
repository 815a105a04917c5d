//! How long a session lasts.

use std::time::Duration;

use settings::Reader;

use crate::variables::{SESSION_GRACE_MINUTES, SESSION_MAX_HOURS};

/// Limits of a session.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// How long after its connection ended a desktop may reconnect with an expired token; zero for never.
    pub grace: Duration,
    /// How long after its first token a session ends.
    pub longest: Duration,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

impl SessionSettings {
    /// Reads `SESSION_GRACE_MINUTES` and `SESSION_MAX_HOURS`.
    pub fn read(env: &mut Reader) -> Self {
        Self { grace: SESSION_GRACE_MINUTES.read(env), longest: SESSION_MAX_HOURS.read(env) }
    }

    pub(super) const fn is_on(&self) -> bool {
        !self.grace.is_zero()
    }
}
