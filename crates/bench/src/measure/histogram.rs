//! A log-linear histogram of durations.

/// Values below this count are held exactly; above it each power of two has half as many buckets.
const SUB_BUCKETS: usize = 256;
const SUB_BUCKET_BITS: u32 = SUB_BUCKETS.trailing_zeros();
const HALF: usize = SUB_BUCKETS / 2;
const BUCKETS: usize = SUB_BUCKETS + (64 - SUB_BUCKET_BITS as usize) * HALF;

/// Durations in µs, with a relative error below 1 % whatever their size.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }
}

impl Histogram {
    /// Adds one duration, in µs.
    pub fn record(&mut self, micros: u64) {
        self.counts[bucket_of(micros)] += 1;
        self.total += 1;
        self.max = self.max.max(micros);
    }

    /// Number of recorded durations.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The longest duration, exactly, in µs.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The smallest duration (in µs, rounded up to its bucket) that `percent` of all do not exceed; 0 when empty.
    pub fn percentile(&self, percent: f64) -> u64 {
        let rank = rank_of(percent, self.total);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank && seen > 0 {
                return upper_bound(bucket).min(self.max);
            }
        }
        self.max
    }

    /// Adds everything that another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts stay far below 2^52"
)]
fn rank_of(percent: f64, total: u64) -> u64 {
    // Without the small step down, 99.9 % of 1,000 would be rank 1,000 by rounding error.
    (percent * total as f64 / 100.0 - 1e-6).ceil() as u64
}

/// Number of low bits that the bucket of `value` does not tell apart.
fn dropped_bits(value: u64) -> u32 {
    (64 - value.leading_zeros()).saturating_sub(SUB_BUCKET_BITS)
}

fn bucket_of(value: u64) -> usize {
    let shift = dropped_bits(value);
    let mantissa = usize::try_from(value >> shift).unwrap_or(SUB_BUCKETS - 1);
    mantissa + shift as usize * HALF
}

fn upper_bound(bucket: usize) -> u64 {
    if bucket < SUB_BUCKETS {
        return bucket as u64;
    }
    let shift = (bucket - SUB_BUCKETS) / HALF + 1;
    let mantissa = (bucket - shift * HALF) as u64;
    ((mantissa + 1) << shift).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|value| histogram.record(value));
        histogram
    }

    #[test]
    fn two_become_one() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        one.record(10);
        other.record(20);
        other.record(30);
        one.merge(&other);
        assert_eq!((one.count(), one.max(), one.percentile(50.0)), (3, 30, 20));
    }

    #[test]
    fn an_empty_histogram_answers_zero() {
        let empty = Histogram::default();
        assert_eq!((empty.count(), empty.max(), empty.percentile(99.0)), (0, 0, 0));
    }

    #[test]
    fn small_values_are_exact() {
        let histogram = of(1..=100);
        assert_eq!(histogram.percentile(50.0), 50);
        assert_eq!(histogram.percentile(99.0), 99);
        assert_eq!(histogram.percentile(100.0), 100);
    }

    #[test]
    fn large_values_are_within_one_percent() {
        let histogram = of((1..=100_000).map(|n| n * 10));
        for (percent, exact) in [(50.0, 500_000), (99.0, 990_000), (99.9, 999_000)] {
            let found = histogram.percentile(percent);
            assert!(found >= exact && found - exact <= exact / 100, "p{percent}: {found}, exactly {exact}");
        }
    }

    #[test]
    fn a_rare_stall_shows_in_the_tail_only() {
        let histogram = of(std::iter::repeat_n(10, 999).chain([5_000_000]));
        assert_eq!(histogram.percentile(99.0), 10);
        assert_eq!(histogram.percentile(99.9), 10);
        assert_eq!(histogram.percentile(99.95), 5_000_000);
        assert_eq!(histogram.max(), 5_000_000);
    }

    #[test]
    fn buckets_partition_the_range() {
        for bucket in 1..BUCKETS {
            let first = upper_bound(bucket - 1) + 1;
            assert_eq!(bucket_of(first), bucket, "first value of the bucket");
            assert_eq!(bucket_of(upper_bound(bucket)), bucket, "last value of the bucket");
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn clearing_forgets() {
        let mut histogram = of([7, 900]);
        histogram.clear();
        assert_eq!((histogram.count(), histogram.max()), (0, 0));
    }
}
