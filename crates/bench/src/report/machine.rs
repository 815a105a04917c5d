//! Where the figures come from.

use std::{fs, thread};

/// One line about the machine. A load average well above 0 before the start means that others disturb the figures.
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, Linux {}, load average before the start {load}", kernel.trim())
}
