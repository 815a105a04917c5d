//! Programs that not every machine has, and files of this repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The path of a file or folder of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The path of a program on this machine. Without it the test is to end: it is skipped, and in CI it has failed.
/// `remedy` says how to get the program.
pub fn program(names: &[&str], remedy: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&folders).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        missing(names[0], remedy);
    }
    found
}

/// Fails a test that lacks something if `CI` is set. Otherwise the test is skipped, which `make test` reports at its end.
pub fn missing(what: &str, remedy: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    assert!(std::env::var_os("CI").is_none(), "{what} is missing, and CI is set. {remedy}");
    let line = format!("SKIPPED {test}: {what} is missing. {remedy}\n");
    let skipped = std::env::var_os("SKIPPED_TESTS").and_then(|path| {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path).ok()?;
        Some(Box::new(file) as Box<dyn std::io::Write>)
    });
    let mut out = skipped.unwrap_or_else(|| Box::new(std::io::stderr()));
    out.write_all(line.as_bytes()).expect("a place for the line");
}

/// Writes a file into a folder of its own, which is removed when it is dropped; returns the folder and the file's path.
pub fn temporary_file(name: &str, text: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a temporary directory");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    (folder, path.display().to_string())
}

/// A file of the clients that `make test-tools` installs.
pub(crate) fn in_clients(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(path);
    assert!(path.exists(), "{} is missing; install it first: make test-tools", path.display());
    path
}

/// Where cargo puts what it builds in this profile, such as `target/debug`, wherever the program runs that asks.
pub fn build_folder() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    let folder = program.parent().expect("its folder");
    let folder = if folder.ends_with("deps") || folder.ends_with("examples") { folder.parent() } else { Some(folder) };
    folder.expect("the folder of the build").to_owned()
}
