//! The key with which the connector signs its tokens during a benchmark.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Writes a key into `folder`. It guards nothing but a deployment that lives for seconds on loopback.
pub(super) fn write(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("jwt_secret_key");
    fs::write(&path, "benchmark-key-".repeat(4))?;
    Ok(path)
}
