//! The processes as Cloud Run runs them: <https://cloud.google.com/run/docs/container-contract>.

use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::{Deployment, Launch, Process, Push, in_time, talk};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
/// What Cloud Run sets, besides `PORT`.
const PLATFORM: [(&str, &str); 4] = [
    ("K_SERVICE", "agent-assist"),
    ("K_REVISION", "agent-assist-00001-abc"),
    ("K_CONFIGURATION", "agent-assist"),
    // The tests register without an identity provider.
    ("ALLOW_SKIP_AUTH", "true"),
];
/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_secs(10);

/// Every line is a JSON object that Cloud Logging understands.
fn lines(process: &Process) -> Vec<Value> {
    process.log().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[tokio::test]
async fn it_listens_on_all_addresses_and_logs_for_cloud_logging() {
    let mut deployment = Deployment::start_with(1, &PLATFORM).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    deployment.delivers(&mut desktop, &talk(), &[Push::message(&talk(), 1)]).await;
    deployment.stops_in_time(0).await;
    for process in [&deployment.connectors[0], &deployment.interceptor] {
        let lines = lines(process);
        assert!(lines.iter().all(|line| line["severity"].is_string() && line["message"].is_string()), "{lines:?}");
        let address = format!("0.0.0.0:{}", process.port());
        assert!(lines.iter().any(|line| line.to_string().contains(&address)), "{address}: {lines:?}");
    }
}

#[tokio::test]
async fn a_push_that_is_under_way_at_sigterm_is_answered() {
    let deployment = Deployment::start_with(1, &PLATFORM).await;
    let push = Push::message(&talk(), 1);
    let body = push.body().to_string();
    let mut connection = TcpStream::connect(deployment.interceptor.address()).await.expect("a connection");
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", push.path(), body.len());
    let (first, rest) = body.split_at(body.len() / 2);
    connection.write_all((head + first).as_bytes()).await.expect("sent");
    // It answers others, so it has read the beginning.
    deployment.interceptor.answers("/status", 200).await;
    let Deployment { mut interceptor, .. } = deployment;
    interceptor.terminate();
    let asked = Instant::now();
    connection.write_all(rest.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    in_time("an answer", connection.read_to_string(&mut answer)).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert_eq!(interceptor.end().await.code(), Some(0));
    assert!(asked.elapsed() < GRACE, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn without_its_mounted_secret_it_ends_at_once_and_says_which() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("jwt_secret_key").display().to_string();
    let environment =
        [PLATFORM.as_slice(), &[("GCP_PROJECT_ID", "acme-desk"), ("JWT_SECRET_KEY_PATH", &path)]].concat();
    let mut process = Process::spawn(Launch::new("ui-connector", &environment));
    assert_eq!(process.end().await.code(), Some(78));
    assert!(process.stderr().starts_with("JWT_SECRET_KEY_PATH: "), "{}", process.stderr());
    // As long as it is there, whatever links lead to it: Secret Manager's volumes are links to a folder of each version.
    std::fs::create_dir(folder.path().join("..version")).expect("a folder");
    std::fs::write(folder.path().join("..version/key"), "0123456789abcdef0123456789abcdef\n").expect("a file");
    std::os::unix::fs::symlink("..version/key", &path).expect("a link");
    let process = Process::start("ui-connector", &environment).await;
    process.answers("/live", 200).await;
}
