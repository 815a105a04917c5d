//! Times and counts as figures.

use std::time::Duration;

use hdrhistogram::Histogram;

/// An empty histogram of µs, exact to three digits up to a minute.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(60_000_000, 3).expect("these bounds are possible")
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// `total` shared among `count`, in µs.
pub(crate) fn micros_each(total: Duration, count: u64) -> f64 {
    total.as_secs_f64() * 1e6 / float(count.max(1))
}

/// `count` in `elapsed`, per second.
pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    float(count) / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// A quantile of a histogram of µs, in ms.
pub(crate) fn millis(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    float(histogram.value_at_quantile(quantile)) / 1000.0
}
