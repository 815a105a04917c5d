//! Log lines as Cloud Logging reads them.

use serde_json::{Value, json};
use testkit::{Deployment, Push, conversation, eventually, http, project, repository, status};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The log lines of requests to a path.
fn requests(log: &str, path: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("every line is JSON"));
    lines.filter(|line| line["httpRequest"]["requestUrl"] == path).collect()
}

#[tokio::test]
async fn a_request_is_one_line_with_what_cloud_logging_knows_of() {
    let deployment = Deployment::start_with(1, &[("LOG_FORMAT", "json"), ("TRUSTED_PROXIES", "1")]).await;
    let url = deployment.connectors[0].url("/conversation-name?conversationIntegrationKey=%2B15550001111");
    let request = http().get(url).header("x-forwarded-for", "6.6.6.6, 203.0.113.7").header("user-agent", "desktop/1");
    let answer =
        request.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01")).send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
    let mut line =
        eventually("the line", async || requests(&deployment.connectors[0].log(), "/conversation-name").pop()).await;
    let latency = line["httpRequest"]["latency"].take();
    let seconds: f64 = latency.as_str().and_then(|text| text.strip_suffix('s')?.parse().ok()).expect("a duration");
    assert!((0.0..60.0).contains(&seconds), "{latency}");
    let size = answer.content_length().expect("a length").to_string();
    let expected = json!({
        "requestMethod": "GET", "requestUrl": "/conversation-name", "status": 401, "requestSize": "0", "responseSize": size,
        "userAgent": "desktop/1", "remoteIp": "203.0.113.7", "latency": null, "protocol": "HTTP/1.1",
    });
    assert_eq!(line["httpRequest"], expected);
    assert_eq!((&line["severity"], &line["message"]), (&json!("INFO"), &json!("GET /conversation-name")));
    assert_eq!(line["logging.googleapis.com/trace"], format!("projects/{}/traces/{TRACE}", project()));
    assert_eq!(line["logging.googleapis.com/spanId"], "b7ad6b7169203331");
    assert_eq!(line["logging.googleapis.com/trace_sampled"], true);
    assert!(!deployment.connectors[0].log().contains("15550001111"));
}

#[tokio::test]
async fn logs_frequent_requests_only_when_they_fail() {
    let deployment = Deployment::start_with(1, &[("LOG_FORMAT", "json")]).await;
    deployment.push(&Push::message(&conversation("quiet"), 1)).await;
    deployment.connectors[0].answers("/status", 200).await;
    assert_eq!(deployment.interceptor.get("/new-message-event").await.0, 405);
    let line =
        eventually("the line", async || requests(&deployment.interceptor.log(), "/new-message-event").pop()).await;
    assert_eq!(line["httpRequest"]["status"], 405);
    assert_eq!(requests(&deployment.interceptor.log(), "/new-message-event").len(), 1);
    assert!(requests(&deployment.connectors[0].log(), "/status").is_empty());
}

#[tokio::test]
async fn lines_about_a_request_carry_its_trace() {
    let deployment = Deployment::start_with(1, &[("LOG_FORMAT", "json"), ("AUTH_OPTION", "")]).await;
    let request = http().post(deployment.connectors[0].url("/register")).header("authorization", "t");
    let request = request.header("x-cloud-trace-context", format!("{TRACE}/123;o=1"));
    assert_eq!(status(request).await, 401);
    let about = async || {
        let log = deployment.connectors[0].log();
        let mut lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.find(|line| line["provider"] == "none")
    };
    let line = eventually("the line", about).await;
    assert_eq!(line["logging.googleapis.com/trace"], format!("projects/{}/traces/{TRACE}", project()));
    assert_eq!(line["logging.googleapis.com/spanId"], "000000000000007b");
}

#[tokio::test]
async fn the_file_gets_every_line_too() {
    let folder = tempfile::TempDir::new().expect("a temporary directory");
    let file = folder.path().join("connector.log");
    let path = file.display().to_string();
    let deployment = Deployment::start_with(1, &[("LOGGING_FILE", &path), ("LOG_FORMAT", "json")]).await;
    deployment.token().await;
    let same = async || {
        let (file, log) = (std::fs::read_to_string(&file).ok()?, deployment.connectors[0].log());
        // Both processes write to it.
        (!requests(&log, "/register").is_empty() && log.lines().all(|line| file.contains(line))).then_some(())
    };
    eventually("the lines", same).await;
}

/// Every text of a warning or an error in the sources of the services, up to the first thing that is filled in.
fn complaints(path: &std::path::Path, found: &mut std::collections::BTreeSet<String>) {
    for entry in std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            complaints(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&entry).expect("a source");
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let calls = ["warn!(", "error!("].iter().flat_map(|call| source.split(call).skip(1));
            let calls = calls.filter_map(|call| call.split(");").next());
            let texts = calls.filter_map(|call| call.split('"').rev().nth(1)).filter(|text| text.contains(' '));
            found.extend(texts.filter_map(|text| text.split(['{', ':']).next()).map(str::to_owned));
        }
    }
}

#[test]
fn every_warning_and_error_is_in_the_operations_manual() {
    let root = repository("");
    let mut found = std::collections::BTreeSet::new();
    for folder in ["ui-connector", "cloud-pubsub-interceptor", "crates/server", "crates/broker", "crates/oidc"] {
        complaints(&root.join(folder).join("src"), &mut found);
    }
    assert!(found.len() > 30, "the sources were not understood: {found:?}");
    let document = std::fs::read_to_string(root.join("docs/OPERATIONS.md")).expect("the document");
    let rows: Vec<_> = document.lines().filter_map(explained).collect();
    let unexplained: Vec<_> = found.iter().filter(|text| !rows.iter().any(|row| text.starts_with(row))).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    let invented: Vec<_> = rows.iter().filter(|row| !found.iter().any(|text| text.starts_with(**row))).collect();
    assert!(invented.is_empty(), "{invented:?}");
}

/// What a row of the table begins with, if it is one.
fn explained(line: &str) -> Option<&str> {
    let (text, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let is_row = ["WARN |", "ERROR |"].iter().any(|severity| rest.starts_with(severity));
    text.split(':').next().filter(|_| is_row)
}
