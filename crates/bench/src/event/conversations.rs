//! The conversations of a scenario, with the number of the next event of each.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::deployment::PROJECT;

/// Conversations that are pushed to.
pub struct Conversations {
    names: Vec<String>,
    next: Vec<AtomicU64>,
}

impl Conversations {
    /// This many, whose names begin with `label`.
    pub fn new(label: &str, count: usize) -> Self {
        let name = |n| format!("projects/{PROJECT}/locations/global/conversations/{label}-{n}");
        Self { names: (0..count).map(name).collect(), next: (0..count).map(|_| AtomicU64::new(0)).collect() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The name of one, as Dialogflow gives it, with a location; indices beyond the end start anew.
    pub fn name(&self, index: usize) -> &str {
        &self.names[index % self.names.len()]
    }

    /// Gives out the number of its next event.
    pub fn take_number(&self, index: usize) -> u64 {
        self.next[index % self.next.len()].fetch_add(1, Ordering::Relaxed)
    }

    /// How many numbers were given out for it.
    pub fn taken(&self, index: usize) -> u64 {
        self.next[index % self.next.len()].load(Ordering::Relaxed)
    }
}
