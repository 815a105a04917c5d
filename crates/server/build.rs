//! Finds the commit that the program is built from.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=GIT_COMMIT");
    let variable = |name| std::env::var_os(name).and_then(|value| value.into_string().ok()).unwrap_or_default();
    let commit = match (variable("GIT_COMMIT"), variable("PROFILE").as_str()) {
        // Other profiles would compile everything anew after each commit.
        (commit, "release") if commit.is_empty() => head(),
        (commit, _) => Some(commit).filter(|commit| !commit.is_empty()),
    };
    println!("cargo:rustc-env=GIT_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// Returns the commit that is checked out. Each change of it adds a line to the log of `HEAD`.
fn head() -> Option<String> {
    println!("cargo:rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
