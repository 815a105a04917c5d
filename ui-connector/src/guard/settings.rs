//! How much of what is let in.

use server::env::EnvReader;

/// Limits for those who are not known yet.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Refused attempts a minute from one address; 0 for any number.
    pub refused_attempts: u32,
    /// Logins at the same time; more get 503.
    pub max_logins: usize,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self { refused_attempts: 600, max_logins: 1000 }
    }
}

impl GuardSettings {
    /// Reads `REFUSED_ATTEMPTS_PER_MINUTE` and `MAX_LOGINS`.
    pub fn read(env: &mut EnvReader) -> Self {
        let default = Self::default();
        let (attempts, logins) = (default.refused_attempts, default.max_logins);
        Self {
            refused_attempts: env.parse("REFUSED_ATTEMPTS_PER_MINUTE", "a number, 0 for no limit", attempts),
            max_logins: env.parse_within("MAX_LOGINS", "1 to 100000", logins, |n| (1..=100_000).contains(n)),
        }
    }
}
