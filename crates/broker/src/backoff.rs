use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses between attempts: doubling from 50 ms to 2 s, each cut by a random part of up to a half,
/// so that processes that lost the same server do not come back in step.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Whether no attempt has failed since the last success.
    pub(crate) fn is_fresh(&self) -> bool {
        self.attempts == 0
    }

    /// The pause before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let longest = SHORTEST.saturating_mul(1 << self.attempts.min(16)).min(LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_over() {
        let mut backoff = Backoff::default();
        for step in 0..100 {
            let longest = LONGEST.min(SHORTEST * (1 << step.min(10)));
            let pause = backoff.next();
            assert!(pause <= longest && pause * 2 >= longest, "{step}: {pause:?}");
        }
        backoff.reset();
        assert!(backoff.is_fresh() && backoff.next() <= SHORTEST);
    }
}
