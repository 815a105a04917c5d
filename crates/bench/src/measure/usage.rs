//! Processor time and memory of a process, as Linux tells them in `/proc` (`man 5 proc`).

use std::{fs, io, time::Duration};

/// Why a process could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The file below `/proc` could not be read: the process is gone, mostly.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not hold what `man 5 proc` promises.
    #[error("{path} has no {field}")]
    Malformed {
        /// The file.
        path: String,
        /// What was looked for.
        field: &'static str,
    },
}

/// User and system time that the process with this id has used since its start (granularity: 10 ms).
///
/// # Errors
/// When the process has ended.
pub fn cpu_time(pid: u32) -> Result<Duration, UsageError> {
    let path = format!("/proc/{pid}/stat");
    let stat = read(&path)?;
    let ticks = ticks(&stat).ok_or(UsageError::Malformed { path, field: "utime and stime" })?;
    Ok(duration(ticks))
}

/// Time that all cores together were busy since the machine started, with whatever.
///
/// # Errors
/// When this is not Linux.
pub fn machine_time() -> Result<Duration, UsageError> {
    let path = "/proc/stat".to_owned();
    let stat = read(&path)?;
    let ticks = busy_ticks(&stat).ok_or(UsageError::Malformed { path, field: "cpu" })?;
    Ok(duration(ticks))
}

/// Memory of the process that is in RAM, in bytes.
///
/// # Errors
/// When the process has ended.
pub fn resident_bytes(pid: u32) -> Result<u64, UsageError> {
    // smaps_rollup is exact; the RSS in `status` lags behind by up to 64 pages for every thread.
    let path = format!("/proc/{pid}/smaps_rollup");
    let rollup = read(&path)?;
    let kilobytes = kilobytes(&rollup, "Rss:").ok_or(UsageError::Malformed { path, field: "Rss" })?;
    Ok(kilobytes * 1024)
}

fn read(path: &str) -> Result<String, UsageError> {
    fs::read_to_string(path).map_err(|source| UsageError::Read { path: path.to_owned(), source })
}

fn duration(ticks: u64) -> Duration {
    let micros = ticks * 1_000_000 / rustix::param::clock_ticks_per_second();
    Duration::from_micros(micros)
}

/// Everything in the first line but idling and waiting for disks, and guests, who are counted as users already.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Option<Vec<u64>> = line.split_whitespace().map(|field| field.parse().ok()).collect();
    match fields?[..] {
        [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] => {
            Some(user + nice + system + irq + softirq + steal)
        }
        _ => None,
    }
}

fn ticks(stat: &str) -> Option<u64> {
    // The second field is the command in parentheses, and may itself hold spaces and parentheses.
    let (_, after_command) = stat.rsplit_once(')')?;
    let mut fields = after_command.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kilobytes(rollup: &str, label: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(label))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_times_behind_an_awkward_command_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 3 0 250 75 0 0 20 0 2 0 99 0 0";
        assert_eq!(ticks(stat), Some(325));
    }

    #[test]
    fn adds_up_the_busy_time_of_the_machine() {
        let stat = "cpu  100 2 30 9000 500 0 4 1 77 0\ncpu0 50 1 15 4500 250 0 2 0 0 0\n";
        assert_eq!(busy_ticks(stat), Some(137));
        machine_time().unwrap();
    }

    #[test]
    fn finds_the_resident_size() {
        let rollup = "00400000-7fff00000000 ---p 00000000 00:00 0 [rollup]\nRss:    5312 kB\nPss: 4000 kB\n";
        assert_eq!(kilobytes(rollup, "Rss:"), Some(5312));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
        cpu_time(std::process::id()).unwrap();
    }

    #[test]
    fn a_process_that_never_was_is_an_error() {
        assert!(matches!(cpu_time(u32::MAX), Err(UsageError::Read { .. })));
    }
}
