//! What is measured: latencies, the order of events, processor time and memory.

mod histogram;
mod meter;
mod sequence;
mod usage;

pub use histogram::Histogram;
pub use meter::{Meter, Spent};
pub use sequence::{SequenceCheck, SequenceFaults};
pub use usage::{UsageError, cpu_time, machine_time, resident_bytes};
