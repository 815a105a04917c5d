use std::time::Duration;

/// Pauses between attempts: each twice as long as the one before, up to a limit, and cut by a random part of up to a half,
/// so that processes that lost the same server do not come back in step.
#[derive(Debug)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    /// Pauses that grow from `shortest` to `longest`.
    pub const fn between(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, attempts: 0 }
    }

    /// Whether no attempt has failed since the last success.
    pub fn is_fresh(&self) -> bool {
        self.attempts == 0
    }

    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let pause = self.shortest.saturating_mul(1 << self.attempts.min(16)).min(self.longest);
        self.attempts = self.attempts.saturating_add(1);
        pause.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Begins anew after a success.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// From 50 ms to 2 s.
impl Default for Backoff {
    fn default() -> Self {
        Self::between(Duration::from_millis(50), Duration::from_secs(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_over() {
        let mut backoff = Backoff::default();
        for step in 0..100 {
            let longest = backoff.longest.min(backoff.shortest * (1 << step.min(10)));
            let pause = backoff.pause();
            assert!(pause <= longest && pause * 2 >= longest, "{step}: {pause:?}");
        }
        backoff.reset();
        assert!(backoff.is_fresh() && backoff.pause() <= backoff.shortest);
    }
}
