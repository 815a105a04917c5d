//! What the processes say about a configuration that they cannot use.

use testkit::{Deployment, Launch, Process, temporary_file};

/// Runs a process that does not start; returns what it wrote to stderr.
async fn refused(launch: Launch) -> String {
    let mut process = Process::spawn(launch);
    let status = process.end().await;
    assert_eq!(status.code(), Some(78), "{}", process.log());
    process.stderr()
}

/// Checks that there is one line for each variable and no other line.
#[track_caller]
fn assert_lines(said: &str, variables: &[&str]) {
    let mut named: Vec<_> = said.lines().map(|line| line.split_once(':').expect("a variable").0).collect();
    named.sort_unstable();
    assert_eq!(named, variables, "{said}");
    assert!(said.lines().all(|line| line.contains("found ") && line.contains("expected ")), "{said}");
}

#[tokio::test]
async fn an_empty_environment_names_everything_that_is_required() {
    let said = refused(Launch::new("ui-connector", &[("PORT", "")])).await;
    assert_lines(&said, &["GCP_PROJECT_ID", "JWT_SECRET_KEY_PATH"]);
}

#[tokio::test]
async fn all_problems_are_reported_together_without_secrets() {
    let (_folder, path) = temporary_file("jwt_secret_key", "geheim");
    let common = [
        ("PORT", "http"),
        ("REDIS_URL", "http://agent:geheim@localhost"),
        ("REDIS_CA_CERT", "/nowhere/ca.pem"),
        ("EVENT_RETENTION_MAX", "many"),
    ];
    let connector = [
        ("APP_AUTH_OPTION", "Anybody"),
        ("AUTH_OPTION", "Five9"),
        ("CORS_ALLOWED_ORIGINS", "desktop"),
        ("FIVE9_TRUST_TOKEN", "geheim"),
        ("JWT_SECRET_KEY_PATH", &path),
    ];
    let said = refused(Launch::new("ui-connector", &[common.as_slice(), &connector].concat())).await;
    assert!(!said.contains("geheim"), "{said}");
    assert_lines(
        &said,
        &[
            "APP_AUTH_OPTION",
            "CORS_ALLOWED_ORIGINS",
            "EVENT_RETENTION_MAX",
            "FIVE9_TRUST_TOKEN",
            "GCP_PROJECT_ID",
            "JWT_SECRET_KEY_PATH",
            "PORT",
            "REDIS_CA_CERT",
            "REDIS_URL",
        ],
    );
    let interceptor = [common.as_slice(), &[("MALFORMED_MESSAGES", "drop")]].concat();
    let said = refused(Launch::new("cloud-pubsub-interceptor", &interceptor)).await;
    assert!(!said.contains("geheim"), "{said}");
    assert_lines(&said, &["EVENT_RETENTION_MAX", "MALFORMED_MESSAGES", "PORT", "REDIS_CA_CERT", "REDIS_URL"]);
}

#[tokio::test]
async fn skip_is_refused_on_cloud_run() {
    let deployment = Deployment::start(0).await;
    let launch = deployment.another("ui-connector", &[("K_SERVICE", "desktops")]);
    assert_lines(&refused(launch).await, &["AUTH_OPTION"]);
}
