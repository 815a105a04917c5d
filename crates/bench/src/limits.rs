//! Limits of this process, which its children inherit.

use std::io;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the number of files (and so of connections) that this process may open as far as the system lets it;
/// answers how many that are, `None` for no limit.
///
/// # Errors
/// When the system refuses, which POSIX does not provide for.
pub fn raise_open_files() -> io::Result<Option<u64>> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.current)
}
