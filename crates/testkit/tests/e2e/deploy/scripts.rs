//! The scripts of `deploy/gcloud`, against a Google Cloud that is played.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::read;
use super::stage::{REDIS_PASSWORD, Stage};
use crate::variables::read_by;
use testkit::KINDS;

const KEY: &str = "secret/aa-integration-jwt-secret";

/// What exists, without what every run makes anew.
fn settled(stage: &Stage) -> Value {
    let mut things = stage.things();
    things[KEY]["versions"] = json!(things[KEY]["versions"].as_array().map(Vec::len));
    things
}

fn words(call: &[String]) -> String {
    let words: Vec<_> = call.iter().filter(|word| !word.starts_with("--")).map(String::as_str).collect();
    words.join(" ")
}

#[test]
fn a_dry_run_shows_every_command_and_carries_out_none() {
    let (dry, real) = (Stage::new(), Stage::new());
    let shown = dry.run("deploy.sh", &["--dry-run"]).well().said;
    assert!(dry.calls().is_empty(), "{:?}", dry.calls());
    real.run("deploy.sh", &["--skip-test"]).well();
    let reads = ["describe", "access", "get-auth-string"];
    let changes = real.calls().into_iter().filter(|call| !call.iter().any(|word| reads.contains(&word.as_str())));
    for call in changes {
        let beginning = format!("gcloud {}", call[..3].join(" "));
        assert!(shown.contains(&beginning), "not shown: {beginning}");
    }
}

#[test]
fn a_deployment_has_all_that_an_event_needs_on_its_way() {
    let stage =
        Stage::new().with("AUTH_OPTION", "OIDC").with("CORS_ALLOWED_ORIGINS", "https://a.example,https://b.example");
    stage.run("deploy.sh", &["--skip-test"]).well();
    let endpoints: BTreeSet<_> = stage
        .things()
        .as_object()
        .expect("things")
        .values()
        .filter_map(|thing| thing["pushConfig.pushEndpoint"].as_str().map(str::to_owned))
        .collect();
    let url = "https://cloud-pubsub-interceptor-abc-uc.a.run.app";
    assert_eq!(endpoints, KINDS.map(|kind| format!("{url}/{kind}")).into());
    let connector = &stage.thing("service/ui-connector")["flags"];
    let environment = connector["set-env-vars"].as_str().expect("variables");
    assert!(
        environment.contains("|AUTH_OPTION=OIDC|CORS_ALLOWED_ORIGINS=https://a.example,https://b.example|"),
        "{environment}"
    );
    let url = &stage.thing("secret/aa-integration-redis-url")["versions"][0];
    assert_eq!(url.as_str().expect("a URL").trim(), format!("rediss://:{REDIS_PASSWORD}@10.0.0.3:6378"));
    let key = stage.thing(KEY)["versions"][0].as_str().expect("a key").trim().len();
    assert_eq!(key, 64);
}

#[test]
fn the_services_get_variables_that_they_read_and_no_other() {
    let every = |name: &str| (name.to_owned(), "x".to_owned());
    let sample = read("deploy/gcloud/.env.sample");
    let names: Vec<_> = sample.lines().filter_map(|line| line.split_once("=''")).map(|(name, _)| every(name)).collect();
    let mut stage = Stage::new();
    for (name, value) in names.iter().filter(|(name, _)| name != "ADMIN_ACCOUNT" && !name.ends_with("_IMAGE")) {
        stage.set(name, value);
    }
    stage.set("AUTH_OPTION", "Salesforce");
    stage.run("deploy.sh", &["--skip-test"]).well();
    for (service, name) in [("connector", "ui-connector"), ("interceptor", "cloud-pubsub-interceptor")] {
        let flags = &stage.thing(&format!("service/{name}"))["flags"];
        let given = flags["set-env-vars"].as_str().expect("variables").trim_start_matches("^|^");
        let given = given.split(['|', ',']).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.to_owned());
        let given: BTreeSet<_> = given.collect();
        assert!(given.len() >= 2 && given.is_subset(&read_by(service)), "{given:?}");
    }
}

#[test]
fn once_more_changes_nothing_that_is_there() {
    let stage = Stage::new();
    stage.run("deploy.sh", &["--skip-test"]).well();
    let before = stage.things();
    stage.forget_calls();
    stage.run("deploy.sh", &["--skip-test"]).well();
    let created: Vec<_> = stage
        .calls()
        .iter()
        .map(|call| words(call))
        .filter(|it| it.contains(" create") || it.contains("versions add"))
        .collect();
    assert!(created.is_empty(), "{created:?}");
    let mut after = stage.things();
    // Cloud Run keeps one binding however often it is asked for.
    after["service/ui-connector"]["bindings"] = before["service/ui-connector"]["bindings"].clone();
    assert_eq!(after, before);
}

#[test]
fn after_an_error_anywhere_it_goes_on_where_it_was() {
    let whole = Stage::new();
    whole.run("deploy.sh", &["--skip-test"]).well();
    let changes = whole.changes();
    assert!(changes > 30, "{changes}");
    for at in (1..changes).step_by(9) {
        let mut stage = Stage::new().with("GRANT_ATTEMPTS", "2");
        stage.set("GCLOUD_FAIL_AT", &at.to_string());
        stage.run("deploy.sh", &["--skip-test"]).badly("the network is gone");
        stage.set("GCLOUD_FAIL_AT", "1000000");
        stage.run("deploy.sh", &["--skip-test"]).well();
        assert_eq!(settled(&stage), settled(&whole), "interrupted at change {at}");
    }
}

#[test]
fn secrets_are_neither_shown_nor_arguments() {
    let stage = Stage::new();
    let said = [
        stage.run("deploy.sh", &["--skip-test"]).well().said,
        stage.run("doctor.sh", &[]).said,
        stage.run("teardown.sh", &["--dry-run"]).well().said,
    ]
    .concat();
    let key = stage.thing(KEY)["versions"][0].as_str().expect("a key").trim().to_owned();
    let calls = format!("{:?}", stage.calls());
    for secret in [key.as_str(), REDIS_PASSWORD] {
        assert!(!said.contains(secret) && !calls.contains(secret), "{secret}");
    }
}

#[test]
fn a_redis_that_googles_scripts_have_made_is_taken_as_it_is() {
    let stage = Stage::new();
    let redis = json!({"name": "r", "host": "10.1.2.3", "port": "6379", "transitEncryptionMode": "DISABLED", "authEnabled": "False"});
    stage.begin_with(&json!({"redis/aa-integration-redis": redis}));
    stage.run("deploy.sh", &["--skip-test"]).well();
    assert_eq!(stage.thing("secret/aa-integration-redis-url")["versions"], json!(["redis://10.1.2.3:6379\n"]));
    let flags = stage.thing("service/ui-connector")["flags"].to_string();
    assert!(!flags.contains("REDIS_CA_CERT") && !flags.contains("redis-ca"), "{flags}");
}

#[test]
fn a_key_that_is_there_stays() {
    let stage = Stage::new();
    let key = json!({"name": "k", "versions": ["the-key-of-all-sessions"]});
    stage.begin_with(&json!({KEY: key}));
    stage.run("deploy.sh", &["--skip-test"]).well();
    assert_eq!(stage.thing(KEY)["versions"], json!(["the-key-of-all-sessions"]));
}

#[test]
fn settings_come_from_a_file_whose_text_is_never_executed() {
    let stage = Stage::new().with("GCP_PROJECT_ID", "");
    let trap = stage.path().join("executed");
    let text = format!(
        "# as Google's sample\nexport GCP_PROJECT_ID='from-a-file'\nSERVICE_REGION=\"europe-west3\" # comment\nADMIN_ACCOUNT=$(touch {})\nREDIS_SIZE_GIB=7 # GiB\n",
        trap.display()
    );
    fs::write(stage.path().join("env"), text).expect("a file");
    let said = stage.run("deploy.sh", &["--dry-run"]).well().said;
    for part in ["--project=from-a-file", "--region=europe-west3", "--size=7 "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!trap.exists());
}

#[test]
fn wrong_settings_are_refused_before_anything_is_done() {
    for (name, value, reason) in [
        ("GCP_PROJECT_ID", "", "is no project id"),
        ("GCP_PROJECT_ID", "My Project", "is no project id"),
        ("SERVICE_REGION", "us-central1-a", "is no region"),
        ("AUTH_OPTION", "Skip", "is none of Salesforce"),
        ("AUTH_OPTION", "Five9", "needs the name of a secret"),
    ] {
        let stage = Stage::new().with(name, value);
        stage.run("deploy.sh", &[]).badly(reason);
        assert!(stage.calls().is_empty(), "{name}");
    }
    Stage::new().run("deploy.sh", &["--force"]).badly("What is --force?");
}

#[test]
fn teardown_asks_and_leaves_nothing() {
    let stage = Stage::new();
    stage.run("deploy.sh", &["--skip-test"]).well();
    let before = stage.things();
    stage.run("teardown.sh", &[]).badly("Say --yes");
    stage.run("teardown.sh", &["--dry-run"]).well();
    assert_eq!(stage.things(), before);
    stage.run("teardown.sh", &["--yes"]).well();
    let things = stage.things();
    let left = things.as_object().expect("things").keys();
    let left: Vec<_> = left
        .filter(|name| !["api/", "image/", "repository/", "project/"].iter().any(|kind| name.starts_with(kind)))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    stage.run("teardown.sh", &["--yes"]).well();
}

#[test]
fn the_profile_binds_all_four_topics_as_json() {
    let said = Stage::new().run("profile.sh", &[]).well().said;
    let json: Value = serde_json::from_str(&said).expect("JSON and nothing else");
    let topic = |name| json!({"topic": format!("projects/my-project/topics/{name}"), "messageFormat": "JSON"});
    let wanted = json!({
        "notificationConfig": topic("aa-conversation-event-topic"),
        "newMessageEventNotificationConfig": topic("aa-new-message-topic"),
        "newRecognitionResultNotificationConfig": topic("aa-intermediate-transcript-topic"),
        "humanAgentAssistantConfig": {"notificationConfig": topic("aa-new-suggestion-topic")},
    });
    assert_eq!(json, wanted);
}
