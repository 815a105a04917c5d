//! What is in `deploy/` does what it says.

mod cloud_build;
mod cloud_run;
mod compose;
mod doctor;
mod guide;
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

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// Whether Terraform or gcloud is on this machine; without it the test is to end.
fn has(name: &str) -> bool {
    let home = if name == "gcloud" { "cloud.google.com/sdk/docs" } else { "developer.hashicorp.com/terraform" };
    program(&[name], &format!("Install it: https://{home}/install.")).is_some()
}
