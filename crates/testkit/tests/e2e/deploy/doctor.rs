//! Whether a deployment works: what the doctor finds, and the test event.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::stage::SimulatedCloud;
use testkit::redis::{Redis, RedisServer, shared};
use testkit::{Deployment, SECRET, Upstream, project};

/// The secret that signs tokens.
const KEY: &str = "secret/aa-integration-jwt-secret";

/// A deployment by the scripts, of which the services are real processes.
async fn deployed() -> (SimulatedCloud, Deployment) {
    deployed_on(&shared().await).await
}

async fn deployed_on(redis: &Redis) -> (SimulatedCloud, Deployment) {
    let deployment = Deployment::start_on(redis, 1, &[]).await;
    let urls = json!({
        "ui-connector": deployment.connectors[0].url("").trim_end_matches('/'),
        "cloud-pubsub-interceptor": deployment.interceptor.url("").trim_end_matches('/'),
    });
    let stage = SimulatedCloud::new().with("GCP_PROJECT_ID", &project()).with("GCLOUD_URLS", &urls.to_string());
    let key = json!({KEY: {"name": "k", "versions": [SECRET.repeat(2)]}});
    stage.begin_with(&key);
    (stage, deployment)
}

/// Changes what the stand-in has of something.
fn meddle(stage: &SimulatedCloud, name: &str, field: &str, value: Value) {
    stage.meddle(|things| things[name][field] = value);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_ends_with_an_event_that_goes_all_the_way() {
    let (stage, _deployment) = deployed().await;
    // The key of the process, which is what the mounted secret would be.
    meddle(&stage, KEY, "versions", json!([SECRET]));
    let said = stage.run("deploy.sh", &[]).well().said;
    for part in ["/status: Hello, cross-origin-world!", "the event has arrived", "Done. What is left:"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    meddle(&stage, KEY, "versions", json!(["another key than the services have"]));
    stage.run("send-test-event.sh", &[]).badly("authentication failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_wrong_with_a_good_deployment() {
    let (stage, _deployment) = deployed().await;
    stage.deploy();
    let before = stage.changes();
    let said = stage.run("doctor.sh", &[]).well().said;
    assert!(
        said.contains("Nothing is wrong") && said.contains("events can arrive") && !said.contains("look "),
        "{said}"
    );
    assert_eq!(stage.changes(), before);
}

/// Faults: what is changed, the member, its value, and what the doctor says.
const FAULTS: &str = r#"
secret/aa-integration-jwt-secret | versions | ["d41d8cd98f00b204e980"] | has 20 bytes only
redis/aa-integration-redis | state | "MAINTENANCE" | it is not ready: 'MAINTENANCE'
redis/aa-integration-redis | authorizedNetwork | "projects/x/global/networks/other" | its network is 'other'
service/ui-connector | spec.template.spec.timeoutSeconds | "300" | longest request is '300', not '3600'
service/ui-connector | spec.template.spec.containerConcurrency | "80" | desktops on one instance is '80'
service/ui-connector | spec.template.spec.containers[0].env[].name | "AUTH_OPTION" | neither REDIS_URL nor REDISHOST
service/ui-connector | status.url | "http://127.0.0.1:9" | /ready answers '000'
service/cloud-pubsub-interceptor | bindings | [["roles/run.invoker", "allUsers"]] | every caller may push events into it
service/cloud-pubsub-interceptor | bindings | [] | has not roles/run.invoker
project/PROJECT | bindings | [] | has not roles/dialogflow.agentAssistClient
secret/aa-integration-jwt-secret | bindings | [] | has not roles/secretmanager.secretAccessor
topic/aa-dead-letter-topic | bindings | [] | has not roles/pubsub.publisher
subscription/aa-new-message-sub | pushConfig.pushEndpoint | "https://elsewhere.example/new-message-event" | endpoint is 'https://elsewhere
subscription/aa-new-message-sub | pushConfig.oidcToken.serviceAccountEmail | "" | aa-new-message-sub: pushes as is ''
subscription/aa-new-message-sub | topic | "_deleted-topic_" | aa-new-message-sub: topic is '_deleted-topic_'
subscription/aa-new-message-sub | ackDeadlineSeconds | "5" | its deadline is '5' s
subscription/aa-new-message-sub | expirationPolicy.ttl | "2678400s" | expires after a month without calls
"#;

fn fault(line: &'static str) -> (String, &'static str, Value, &'static str) {
    let [name, field, value, said] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
    (name.replace("PROJECT", &project()), field, serde_json::from_str(value).expect("JSON"), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_each_fault_and_how_to_mend_it() {
    let (stage, deployment) = deployed().await;
    stage.deploy();
    let faults: Vec<_> = FAULTS.trim().lines().map(fault).collect();
    // What is not ready or out of reach hides other faults, and so does a binding of the same service.
    let hides = |field: &str, value: &Value| {
        ["state", "status.url"].contains(&field) || *value == json!([["roles/run.invoker", "allUsers"]])
    };
    let (alone, together): (Vec<_>, Vec<_>) = faults.into_iter().partition(|(_, field, value, _)| hides(field, value));
    for faults in [together].into_iter().chain(alone.into_iter().map(|fault| vec![fault])) {
        let before = stage.things();
        for (name, field, value, _) in &faults {
            meddle(&stage, name, field, value.clone());
        }
        let done = stage.run("doctor.sh", &[]);
        for (.., said) in &faults {
            assert!(!done.is_success && done.said.contains(said), "{said}: {}", done.said);
        }
        assert!(done.said.contains("fix: ") && done.said.contains("wrong."), "{}", done.said);
        stage.meddle(|things| *things = before);
    }
    for name in [
        "subscription/aa-new-message-sub",
        "topic/aa-new-suggestion-topic",
        "service/cloud-pubsub-interceptor",
        "subscription/aa-dead-letter-sub",
    ] {
        let gone = stage.thing(name);
        stage.meddle(|things| {
            things.as_object_mut().expect("things").remove(name);
        });
        stage.run("doctor.sh", &[]).badly("WRONG");
        stage.meddle(|things| things[name] = gone);
    }
    stage.run("doctor.sh", &[]).well();
    drop(deployment);
    stage.run("doctor.sh", &[]).badly("/ready answers '000'");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_that_redis_is_out_of_reach() {
    let mut redis = RedisServer::start().await;
    let (stage, deployment) = deployed_on(&redis).await;
    stage.deploy();
    redis.kill();
    deployment.connectors[0].answers("/ready", 503).await;
    stage.run("doctor.sh", &[]).badly("Redis is out of reach");
}

/// A Dialogflow with one conversation profile. A PATCH with a token replaces it.
async fn dialogflow(profile: Arc<Mutex<Value>>) -> Upstream {
    let path = format!("/v2/projects/{}/locations/global/conversationProfiles/p1", project());
    Upstream::start(move |seen| {
        if seen.target.split('?').next() != Some(&path) {
            return (StatusCode::NOT_FOUND, Json(Value::Null));
        }
        let mut profile = profile.lock();
        match (seen.method.as_str(), seen.header("authorization")) {
            ("PATCH", Some("Bearer ya29.stand-in")) => *profile = seen.json(),
            ("PATCH", _) => return (StatusCode::UNAUTHORIZED, Json(json!({"error": {"message": "no token"}}))),
            _ => {}
        }
        (StatusCode::OK, Json(profile.clone()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_bound_and_the_doctor_reads_it() {
    let (mut stage, _deployment) = deployed().await;
    stage.deploy();
    let proto = json!({"newMessageEventNotificationConfig": {"topic": "x", "messageFormat": "PROTO"}});
    let profile = Arc::new(Mutex::new(proto));
    let dialogflow = dialogflow(profile.clone()).await;
    stage.set("DIALOGFLOW_ENDPOINT", &dialogflow.url());
    stage
        .run("doctor.sh", &["p1"])
        .badly("newMessageEventNotificationConfig is {\"messageFormat\": \"PROTO\", \"topic\": \"x\"}");
    stage.run("doctor.sh", &["p2"]).badly("it cannot be read");
    stage.run("profile.sh", &["p2", "--apply"]).badly("404");
    stage.run("profile.sh", &["p1", "--apply"]).well();
    let bound = profile.lock().clone();
    assert_eq!(bound["humanAgentAssistantConfig"]["notificationConfig"]["messageFormat"], "JSON");
    stage.run("doctor.sh", &["p1"]).well();
    stage.run("profile.sh", &["--apply"]).badly("Which profile?");
}
