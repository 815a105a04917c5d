//! Whether one desktop saw each event of its conversation once and in order.

use std::collections::BTreeSet;

/// What was wrong with the order of events, as counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequenceFaults {
    /// Sent, never seen.
    pub lost: u64,
    /// Seen again.
    pub duplicated: u64,
    /// Seen after a later one.
    pub out_of_order: u64,
}

impl SequenceFaults {
    /// Adds the faults of another desktop.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.out_of_order += other.out_of_order;
    }
}

/// Follows the sequence numbers (0, 1, 2, ...) of one conversation at one desktop.
#[derive(Debug, Default)]
pub struct SequenceCheck {
    next: u64,
    skipped: BTreeSet<u64>,
    faults: SequenceFaults,
}

impl SequenceCheck {
    /// Notes that the event `number` arrived.
    pub fn arrived(&mut self, number: u64) {
        if number >= self.next {
            self.skipped.extend(self.next..number);
            self.next = number + 1;
        } else if self.skipped.remove(&number) {
            self.faults.out_of_order += 1;
        } else {
            self.faults.duplicated += 1;
        }
    }

    /// The faults so far, if the numbers below `sent` were sent.
    pub fn faults(&self, sent: u64) -> SequenceFaults {
        let not_yet_seen = sent.saturating_sub(self.next);
        SequenceFaults { lost: self.skipped.len() as u64 + not_yet_seen, ..self.faults }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arrivals: &[u64], sent: u64) -> (u64, u64, u64) {
        let mut check = SequenceCheck::default();
        for &number in arrivals {
            check.arrived(number);
        }
        let faults = check.faults(sent);
        (faults.lost, faults.duplicated, faults.out_of_order)
    }

    #[test]
    fn every_event_once_and_in_order_is_faultless() {
        assert_eq!(check(&[0, 1, 2, 3], 4), (0, 0, 0));
    }

    #[test]
    fn reports_loss_at_the_start_in_the_middle_and_at_the_end() {
        assert_eq!(check(&[1, 2], 3), (1, 0, 0));
        assert_eq!(check(&[0, 3], 4), (2, 0, 0));
        assert_eq!(check(&[0, 1], 5), (3, 0, 0));
        assert_eq!(check(&[], 2), (2, 0, 0));
    }

    #[test]
    fn reports_duplicates() {
        assert_eq!(check(&[0, 1, 1, 0, 2], 3), (0, 2, 0));
    }

    #[test]
    fn reports_disorder_without_calling_it_loss() {
        assert_eq!(check(&[0, 2, 1, 3], 4), (0, 0, 1));
    }

    #[test]
    fn a_late_event_seen_twice_is_out_of_order_and_duplicated() {
        assert_eq!(check(&[0, 2, 1, 1], 3), (0, 1, 1));
    }
}
