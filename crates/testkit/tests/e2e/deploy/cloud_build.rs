//! `cloudbuild.yaml`, as far as it can be checked without Cloud Build.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::read;
use testkit::repository;

#[derive(Deserialize)]
struct CloudBuild {
    substitutions: BTreeMap<String, String>,
    steps: Vec<BuildStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildStep {
    id: String,
    #[serde(default)]
    wait_for: Vec<String>,
    args: Vec<String>,
}

/// Names such as `_TAG` that a text refers to as `${_TAG}`.
fn referred(text: &str) -> BTreeSet<String> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
}

#[test]
fn its_substitutions_steps_and_files_are_there() {
    let text = read("deploy/cloudbuild.yaml");
    let CloudBuild { substitutions, steps } = serde_yaml_ng::from_str(&text).expect("a build");
    assert_eq!(referred(&text), substitutions.into_keys().collect());
    let mut before = BTreeSet::new();
    for step in &steps {
        assert!(step.wait_for.iter().all(|id| before.contains(id)), "{} waits for what does not come before", step.id);
        before.insert(step.id.clone());
    }
    let files = steps.iter().flat_map(|step| &step.args).filter_map(|argument| argument.strip_prefix("--file="));
    let files: Vec<_> = files.collect();
    assert_eq!(files, ["Dockerfile.connector", "Dockerfile.interceptor"]);
    assert!(files.iter().all(|file| repository(file).is_file()));
}

#[test]
fn what_others_substitute_is_declared() {
    let CloudBuild { substitutions, .. } = serde_yaml_ng::from_str(&read("deploy/cloudbuild.yaml")).expect("a build");
    for path in ["docs/DEPLOY.md", "deploy/gcloud/steps/services.sh", "deploy/cloudbuild.yaml"] {
        let text = read(path);
        let given = text.split("substitutions=").skip(1).filter_map(|rest| rest.split([' ', '"', '\n']).next());
        let names =
            given.flat_map(|given| given.split(',')).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
        let names: Vec<_> = names.collect();
        assert!(names.contains(&"_TAG"), "{path} was not understood");
        assert!(names.iter().all(|name| substitutions.contains_key(*name)), "{path}: {names:?}");
    }
}
