use std::sync::atomic::{AtomicU64, Ordering};

use crate::Slots;
use crate::slots::Slot;

/// The slots whose events arrive, to be asked without a lock.
pub(super) struct LiveSlots([AtomicU64; Slots::WORDS]);

impl Default for LiveSlots {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl LiveSlots {
    pub(super) fn contains(&self, slot: Slot) -> bool {
        let (word, bit) = slot.place();
        self.0[word].load(Ordering::Acquire) & bit != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| word.load(Ordering::Acquire) == 0)
    }

    /// Those of `slots` that are live.
    pub(super) fn among(&self, slots: &Slots) -> Slots {
        slots.map(|index, word| word & self.0[index].load(Ordering::Acquire))
    }

    pub(super) fn insert(&self, slots: &Slots) {
        slots.each(|index, word| _ = self.0[index].fetch_or(word, Ordering::AcqRel));
    }

    pub(super) fn remove(&self, slots: &Slots) {
        slots.each(|index, word| _ = self.0[index].fetch_and(!word, Ordering::AcqRel));
    }
}
