//! The real gcloud, as far as it checks a command before it asks for an account.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::has;
use super::stage::SimulatedCloud;

/// What gcloud says when the only fault is that no account is logged in.
const LOGGED_OUT: &str = "You do not currently have an active account selected";

/// Commands that differ in nothing but names and values look alike to the parser: one of each is enough.
fn kinds(calls: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let kind = |call: &[String]| {
        let words = call.iter().filter(|word| !word.starts_with("--")).take(3).cloned();
        let flags =
            call.iter().filter(|word| word.starts_with("--")).map(|flag| flag.split('=').next().map(str::to_owned));
        (words.collect::<Vec<_>>(), flags.collect::<Vec<_>>())
    };
    let kinds: BTreeMap<_, _> = calls.into_iter().map(|call| (kind(&call), call)).collect();
    kinds.into_values().collect()
}

fn said_by_gcloud(call: &[String], configuration: &TempDir) -> String {
    let mut command = Command::new("gcloud");
    command.args(call).env("CLOUDSDK_CONFIG", configuration.path()).stdin(Stdio::null());
    let output = command.output().expect("gcloud");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[ignore = "slow: gcloud takes a second for each of the commands"]
fn it_takes_every_command_of_the_scripts() {
    if !has("gcloud") {
        return;
    }
    let stage = SimulatedCloud::new()
        .with("AUTH_OPTION", "OIDC")
        .with("CORS_ALLOWED_ORIGINS", "https://a.example,https://b.example");
    stage.deploy();
    stage.run("doctor.sh", &[]).badly("/ready answers");
    stage.run("teardown.sh", &["--yes"]).well();
    let configuration = TempDir::new().expect("a folder");
    let kinds = kinds(stage.calls());
    assert!(kinds.len() > 40, "{}", kinds.len());
    for call in kinds {
        let said = said_by_gcloud(&call, &configuration);
        assert!(said.contains(LOGGED_OUT), "gcloud {call:?}: {said}");
    }
    let wrong = ["run", "deploy", "x", "--image=y", "--timeout=3600", "--no-such-flag"].map(str::to_owned);
    assert!(said_by_gcloud(&wrong, &configuration).contains("unrecognized arguments"));
}
