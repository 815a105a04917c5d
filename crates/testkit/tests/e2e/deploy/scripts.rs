//! The scripts of `deploy/gcloud`, against a simulated Google Cloud.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::read;
use super::stage::{REDIS_PASSWORD, SimulatedCloud};
use crate::variables::read_by;
use testkit::KINDS;

const KEY: &str = "secret/aa-integration-jwt-secret";

#[test]
fn a_dry_run_shows_every_command_and_carries_out_none() {
    let (dry, real) = (SimulatedCloud::new(), SimulatedCloud::new());
    let shown = dry.run("deploy.sh", &["--dry-run"]).well().said;
    assert!(dry.calls().is_empty(), "{:?}", dry.calls());
    real.deploy();
    let reads = ["describe", "access", "get-auth-string"];
    let changes = real.calls().into_iter().filter(|call| !call.iter().any(|word| reads.contains(&word.as_str())));
    for call in changes {
        let beginning = format!("gcloud {}", call[..3].join(" "));
        assert!(shown.contains(&beginning), "not shown: {beginning}");
    }
}

#[test]
fn a_deployment_is_whole_and_can_be_repeated_and_torn_down() {
    let stage = SimulatedCloud::new()
        .with("AUTH_OPTION", "OIDC")
        .with("CORS_ALLOWED_ORIGINS", "https://a.example,https://b.example");
    let mut said = stage.deploy();
    let before = stage.things();
    let endpoints =
        before.as_object().expect("things").values().filter_map(|it| it["pushConfig.pushEndpoint"].as_str());
    let endpoints: BTreeSet<_> = endpoints.map(str::to_owned).collect();
    let url = "https://cloud-pubsub-interceptor-abc-uc.a.run.app";
    assert_eq!(endpoints, KINDS.map(|kind| format!("{url}/{kind}")).into());
    let environment = before["service/ui-connector"]["flags"]["set-env-vars"].as_str().expect("variables");
    let wanted = "|AUTH_OPTION=OIDC|CORS_ALLOWED_ORIGINS=https://a.example,https://b.example|";
    assert!(environment.contains(wanted), "{environment}");
    let url = &before["secret/aa-integration-redis-url"]["versions"][0];
    assert_eq!(url.as_str().expect("a URL").trim(), format!("rediss://:{REDIS_PASSWORD}@10.0.0.3:6378"));
    let key = before[KEY]["versions"][0].as_str().expect("a key").trim();
    assert_eq!(key.len(), 64);

    let calls = stage.calls().len();
    said += &stage.deploy();
    let again = stage.calls().split_off(calls);
    let created =
        again.iter().map(|call| call.join(" ")).find(|it| it.contains(" create") || it.contains("versions add"));
    assert_eq!(created, None);
    let mut after = stage.things();
    // Cloud Run keeps one binding however often it is asked for.
    after["service/ui-connector"]["bindings"] = before["service/ui-connector"]["bindings"].clone();
    assert_eq!(after, before);

    let after = stage.things();
    said += &stage.run("doctor.sh", &[]).said;
    stage.run("teardown.sh", &[]).badly("Say --yes");
    said += &stage.run("teardown.sh", &["--dry-run"]).well().said;
    assert_eq!(stage.things(), after);
    for _ in 0..2 {
        said += &stage.run("teardown.sh", &["--yes"]).well().said;
    }
    let stays = |name: &str| ["api/", "image/", "repository/", "project/"].iter().any(|kind| name.starts_with(kind));
    let left = stage.things();
    let left: Vec<_> = left.as_object().expect("things").keys().filter(|name| !stays(name)).collect();
    assert!(left.is_empty(), "{left:?}");

    let calls = format!("{:?}", stage.calls());
    for secret in [key, REDIS_PASSWORD] {
        assert!(!said.contains(secret) && !calls.contains(secret), "{secret}");
    }
}

#[test]
fn a_redis_and_a_key_that_exist_stay_as_they_are() {
    let stage = SimulatedCloud::new();
    let redis = json!({"name": "r", "host": "10.1.2.3", "port": "6379", "transitEncryptionMode": "DISABLED", "authEnabled": "False"});
    let key = json!({"name": "k", "versions": ["the-key-of-all-sessions"]});
    stage.begin_with(&json!({"redis/aa-integration-redis": redis, KEY: key}));
    stage.deploy();
    assert_eq!(stage.thing("secret/aa-integration-redis-url")["versions"], json!(["redis://10.1.2.3:6379\n"]));
    let flags = stage.thing("service/ui-connector")["flags"].to_string();
    assert!(!flags.contains("REDIS_CA_CERT") && !flags.contains("redis-ca"), "{flags}");
    assert_eq!(stage.thing(KEY)["versions"], json!(["the-key-of-all-sessions"]));
}

#[test]
fn the_services_get_variables_that_they_read_and_no_other() {
    let every = |name: &str| (name.to_owned(), "x".to_owned());
    let sample = read("deploy/gcloud/.env.sample");
    let names: Vec<_> = sample.lines().filter_map(|line| line.split_once("=''")).map(|(name, _)| every(name)).collect();
    let mut stage = SimulatedCloud::new();
    for (name, value) in names.iter().filter(|(name, _)| name != "ADMIN_ACCOUNT" && !name.ends_with("_IMAGE")) {
        stage.set(name, value);
    }
    stage.set("AUTH_OPTION", "Salesforce");
    stage.deploy();
    for (service, name) in [("connector", "ui-connector"), ("interceptor", "cloud-pubsub-interceptor")] {
        let flags = &stage.thing(&format!("service/{name}"))["flags"];
        let given = flags["set-env-vars"].as_str().expect("variables").trim_start_matches("^|^");
        let given = given.split(['|', ',']).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.to_owned());
        let given: BTreeSet<_> = given.collect();
        assert!(given.len() >= 2 && given.is_subset(&read_by(service)), "{given:?}");
    }
}

#[test]
fn after_an_error_anywhere_it_goes_on_where_it_was() {
    let whole = SimulatedCloud::new();
    whole.deploy();
    let changes = whole.changes();
    assert!(changes > 30, "{changes}");
    for at in (1..changes).step_by(9) {
        let mut stage = SimulatedCloud::new().with("GRANT_ATTEMPTS", "2");
        stage.set("GCLOUD_FAIL_AT", &at.to_string());
        stage.run("deploy.sh", &["--skip-test"]).badly("the network is gone");
        stage.set("GCLOUD_FAIL_AT", "1000000");
        stage.deploy();
        assert_eq!(stage.settled(), whole.settled(), "interrupted at change {at}");
    }
}

#[test]
fn settings_come_from_a_file_whose_text_is_never_executed() {
    let stage = SimulatedCloud::new().with("GCP_PROJECT_ID", "");
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
        let stage = SimulatedCloud::new().with(name, value);
        stage.run("deploy.sh", &[]).badly(reason);
        assert!(stage.calls().is_empty(), "{name}");
    }
    SimulatedCloud::new().run("deploy.sh", &["--force"]).badly("What is --force?");
}

#[test]
fn the_profile_binds_all_four_topics_as_json() {
    let said = SimulatedCloud::new().run("profile.sh", &[]).well().said;
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
