//! What the processes say about a configuration that they cannot use, and what they never say.

use tempfile::TempDir;
use testkit::redis::RedisServer;
use testkit::{Deployment, Launch, Process, Push, SECRET, conversation};

fn talk() -> String {
    conversation("configuration")
}

/// Runs a process that does not start; the answer is what it wrote to stderr.
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
async fn all_mistakes_are_told_together_and_no_secret() {
    let folder = TempDir::new().expect("a temporary directory");
    let path = folder.path().join("jwt_secret_key");
    std::fs::write(&path, "geheim").expect("a file");
    let path = path.display().to_string();
    let common = [
        ("PORT", "http"),
        ("REDIS_URL", "http://agent:geheim@localhost"),
        ("REDIS_CA_CERT", "/nowhere/ca.pem"),
        ("EVENT_RETENTION_MAX", "many"),
    ];
    let connector = [("AUTH_OPTION", "Anybody"), ("CORS_ALLOWED_ORIGINS", "desktop"), ("JWT_SECRET_KEY_PATH", &path)];
    let said = refused(Launch::new("ui-connector", &[common.as_slice(), &connector].concat())).await;
    assert!(!said.contains("geheim"), "{said}");
    assert_lines(
        &said,
        &[
            "AUTH_OPTION",
            "CORS_ALLOWED_ORIGINS",
            "EVENT_RETENTION_MAX",
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
async fn nobody_is_let_in_on_cloud_run_by_mistake() {
    let deployment = Deployment::start(0).await;
    let launch = deployment.another("ui-connector", &[("K_SERVICE", "desktops")]);
    assert_lines(&refused(launch).await, &["AUTH_OPTION"]);
}

#[tokio::test]
async fn no_secret_is_logged_however_much_is_logged() {
    let redis = RedisServer::start_with(&["--requirepass", "geheimes-wort"]).await;
    let url = format!("redis://:geheimes-wort@127.0.0.1:{}", redis.port());
    let mut deployment = Deployment::start_on(&redis, 1, &[("RUST_LOG", "trace"), ("REDIS_URL", &url)]).await;
    let token = deployment.token().await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    deployment.push(&Push::message(&talk(), 1)).await;
    desktop.last_events(1, &talk()).await;
    deployment.stops_in_time(0).await;
    for process in [&deployment.connectors[0], &deployment.interceptor] {
        let said = process.log() + &process.stderr();
        for secret in ["geheimes-wort", &token, SECRET] {
            assert!(!said.contains(secret), "{secret}");
        }
    }
}
