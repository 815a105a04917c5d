//! What the reader sees: a table on stdout, progress on stderr.

mod figure;
mod machine;
mod table;

use std::io::Write;

pub use figure::{Figure, Fold, Goal, fold_rounds};
pub use machine::machine;
pub use table::Table;

/// Tells on stderr what is going on.
pub fn progress(message: &str) {
    // A closed stderr is no reason to end a measurement.
    let _ = writeln!(std::io::stderr(), "bench: {message}");
}
