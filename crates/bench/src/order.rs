//! Whether one desktop saw each event of its conversation once and in order.

use std::collections::BTreeSet;

/// Follows the numbers (0, 1, 2, …) of the events that one desktop gets.
#[derive(Debug, Default)]
pub(crate) struct Order {
    next: u64,
    skipped: BTreeSet<u64>,
    pub(crate) twice: u64,
    /// Events seen after a later one.
    pub(crate) late: u64,
}

impl Order {
    /// The event `number` has arrived.
    pub(crate) fn arrived(&mut self, number: u64) {
        if number >= self.next {
            self.skipped.extend(self.next..number);
            self.next = number + 1;
        } else if self.skipped.remove(&number) {
            self.late += 1;
        } else {
            self.twice += 1;
        }
    }

    /// How many of the first `expected` events have not been seen.
    pub(crate) fn lost(&self, expected: u64) -> u64 {
        self.skipped.len() as u64 + expected.saturating_sub(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        for (arrivals, expected, faults) in [
            (&[0, 1, 2, 3][..], 4, (0, 0, 0)),
            (&[1, 2], 3, (1, 0, 0)),
            (&[0, 3], 4, (2, 0, 0)),
            (&[0, 1], 5, (3, 0, 0)),
            (&[], 2, (2, 0, 0)),
            (&[0, 1, 1, 0, 2], 3, (0, 2, 0)),
            (&[0, 2, 1, 3], 4, (0, 0, 1)),
            (&[0, 2, 1, 1], 3, (0, 1, 1)),
        ] {
            let mut order = Order::default();
            for &number in arrivals {
                order.arrived(number);
            }
            assert_eq!((order.lost(expected), order.twice, order.late), faults, "{arrivals:?}");
        }
    }
}
