//! The metrics of both services.

use std::collections::BTreeSet;
use testkit::{Deployment, Process, Push, repository, talk, until};

/// Waits until a line is there.
async fn shows(process: &Process, line: &str) {
    until(line, async || process.metrics().await.lines().any(|shown| shown == line)).await;
}

#[tokio::test]
async fn an_event_is_counted_on_its_whole_way() {
    let deployment = Deployment::start_with(1, &[("METRICS_PORT", "0")]).await;
    let (connector, interceptor) = (&deployment.connectors[0], &deployment.interceptor);
    assert_eq!(connector.get("/metrics").await.0, 404, "metrics have a port of their own");
    let mut desktop = deployment.desktop(0, &talk()).await;
    let push = Push::message(&talk(), 1);
    deployment.push(&push).await;
    deployment.push(&push).await;
    deployment.push(&Push::new("new-message-event", "9", "no JSON")).await;
    desktop.events(1).await;
    for line in [
        &format!(r#"agent_assist_build_info{{version="{}",commit="unknown"}} 1"#, env!("CARGO_PKG_VERSION")),
        r#"agent_assist_pushes_total{kind="new-message-event",result="recorded"} 1"#,
        r#"agent_assist_pushes_total{kind="new-message-event",result="duplicate"} 1"#,
        r#"agent_assist_pushes_total{kind="new-message-event",result="quarantined"} 1"#,
        r#"agent_assist_push_seconds_count{kind="new-message-event"} 3"#,
    ] {
        shows(interceptor, line).await;
    }
    for line in [
        r#"agent_assist_events_total{kind="new-message-event"} 1"#,
        r#"agent_assist_deliveries_total{kind="new-message-event"} 1"#,
        r#"agent_assist_delivery_seconds_count{since="publish"} 1"#,
        r#"agent_assist_delivery_seconds_count{since="ack"} 1"#,
        r#"agent_assist_delivery_seconds_count{since="record"} 1"#,
        r#"agent_assist_connects_total{result="accepted"} 1"#,
        r#"agent_assist_joins_total{result="accepted"} 1"#,
        r#"agent_assist_logins_total{provider="Skip",result="admitted"} 1"#,
        r#"agent_assist_http_requests_total{method="POST",route="/register",status="200"} 1"#,
        "agent_assist_connections 1",
        "agent_assist_rooms 1",
        "agent_assist_members 1",
        "agent_assist_members_behind 0",
        "agent_assist_redis_connected 1",
    ] {
        shows(connector, line).await;
    }
    drop(desktop);
    shows(connector, r#"agent_assist_disconnects_total{reason="transport_close"} 1"#).await;
}

/// Where the metrics are named.
const SOURCES: [&str; 5] = [
    "ui-connector/src/metrics.rs",
    "ui-connector/src/gauges.rs",
    "cloud-pubsub-interceptor/src/metrics.rs",
    "crates/server/src/metrics.rs",
    "crates/server/src/request_log.rs",
];

#[test]
fn every_metric_is_in_the_document_and_on_the_dashboard() {
    let read = |path: &str| std::fs::read_to_string(repository(path)).expect(path);
    let measured: BTreeSet<_> = SOURCES.iter().flat_map(|path| names(&read(path))).collect();
    assert!(measured.len() > 20, "the sources were not understood: {measured:?}");
    let document = read("docs/OBSERVABILITY.md");
    let table: Vec<_> = document.lines().filter(|line| line.starts_with("| `agent_assist_")).collect();
    assert_eq!(names(&table.join("\n")), measured);
    assert_eq!(names(&read("deploy/grafana/agent-assist.json")), measured);
}

/// The metrics that a text names, whatever part of a histogram it means.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let names = words.filter(|word| word.starts_with("agent_assist_"));
    let parts = ["_bucket", "_count", "_sum"];
    names.map(|name| parts.iter().fold(name, |name, part| name.trim_end_matches(part)).to_owned()).collect()
}
