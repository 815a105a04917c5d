//! What is in `deploy/` does what it says.

mod cloud_build;
mod cloud_run;
mod compose;
mod doctor;
mod guide;
mod hcl;
mod real_gcloud;
mod scripts;
mod stage;
mod terraform;

use std::collections::BTreeSet;
use std::fs;
use testkit::{program, repository};

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The variables that a service reads, which `docs/CONFIGURATION.md` lists; another test compares it with the sources.
fn read_by(service: &str) -> BTreeSet<String> {
    let document = read("docs/CONFIGURATION.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once("` | "));
    let names: BTreeSet<_> = cells
        .filter(|(_, rest)| rest.split(" | ").next().is_some_and(|readers| readers.split(", ").any(|it| it == service)))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(names.contains("GCP_PROJECT_ID"), "the table was not understood: {names:?}");
    names
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// Whether Terraform or gcloud is on this machine; without it the test is to end.
fn has(name: &str) -> bool {
    let home = if name == "gcloud" { "cloud.google.com/sdk/docs" } else { "developer.hashicorp.com/terraform" };
    program(&[name], &format!("Install it: https://{home}/install.")).is_some()
}
