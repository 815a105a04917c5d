//! Limits for clients that are not authenticated yet.

use settings::Reader;

use crate::variables::{MAX_LOGINS, REFUSED_ATTEMPTS_PER_MINUTE};

/// Limits for clients that are not authenticated yet.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Refused attempts a minute from one address; 0 for any number.
    pub refused_attempts: usize,
    /// Logins at the same time; more get 503.
    pub max_logins: usize,
}

impl GuardSettings {
    /// Reads `REFUSED_ATTEMPTS_PER_MINUTE` and `MAX_LOGINS`.
    pub fn read(env: &mut Reader) -> Self {
        Self { refused_attempts: REFUSED_ATTEMPTS_PER_MINUTE.read(env), max_logins: MAX_LOGINS.read(env) }
    }
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}
