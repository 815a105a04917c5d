//! `docs/DEPLOY.md`, followed line by line.

use std::process::Command;

use super::read;
use super::stage::SimulatedCloud;
use testkit::repository;

/// The commands of the part that shows each, up to the conversation profile.
fn commands() -> String {
    let guide = read("docs/DEPLOY.md");
    let (_, steps) = guide.split_once("\n## Step by step\n").expect("the steps");
    let (steps, _) = steps.split_once("\n### 9. ").expect("their end");
    let blocks: Vec<_> = steps.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(blocks.len() >= 8, "the guide was not understood: {}", blocks.len());
    blocks.join("\n")
}

#[test]
fn followed_line_by_line_it_makes_what_the_script_makes() {
    let (by_hand, by_script) = (SimulatedCloud::new(), SimulatedCloud::new());
    // No variable may be undefined, and no command may fail.
    let script = format!("set -euo pipefail\n{}", commands());
    by_hand.command(Command::new("bash").args(["-c", &script]).current_dir(repository(""))).well();
    by_script.deploy();
    let key = by_hand.thing("secret/aa-integration-jwt-secret")["versions"][0].as_str().expect("a key").trim().len();
    assert_eq!(key, 64);
    let (by_hand, by_script) = (by_hand.settled(), by_script.settled());
    for (name, thing) in by_script.as_object().expect("things") {
        assert_eq!(&by_hand[name], thing, "{name}");
    }
    assert_eq!(by_hand, by_script);
}

#[test]
fn files_that_it_names_are_there() {
    for page in ["docs/DEPLOY.md", "docs/OPERATIONS.md", "docs/SCALING.md", "docs/SECURITY.md", "deploy/README.md"] {
        for word in read(page).split(|letter: char| letter.is_whitespace() || "`()\"',:".contains(letter)) {
            if word.starts_with("deploy/")
                && !word.contains('…')
                && !word.ends_with("/.env")
                && !word.ends_with("jwt_secret_key")
            {
                assert!(repository(word).exists(), "{page}: {word}");
            }
        }
    }
}
