//! What the programs answer instead of running, and how they introduce themselves when they run.

use std::process::{Command, Output};

use testkit::redis::RedisServer;
use testkit::{Deployment, build_folder, project};

use crate::variables::read_by;

const PROGRAMS: [(&str, &str); 2] = [("ui-connector", "connector"), ("cloud-pubsub-interceptor", "interceptor")];

/// Runs a program with nothing in its environment but `environment`.
fn run(program: &str, argument: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(build_folder().join(program));
    command.arg(argument).env_clear().envs(environment.iter().copied());
    command.output().expect("a program that runs")
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn version_and_help_need_no_setting() {
    for (program, service) in PROGRAMS {
        let (code, version, _) = texts(&run(program, "--version", &[]));
        let expected = format!("{program} {} (commit ", env!("CARGO_PKG_VERSION"));
        assert!(code == Some(0) && version.starts_with(&expected), "{version}");
        let (code, help, _) = texts(&run(program, "--help", &[]));
        assert!(code == Some(0) && help.starts_with(version.trim_end()), "{help}");
        for variable in read_by(service) {
            assert!(help.contains(&format!("\n  {variable}\n")), "{variable}: {help}");
        }
        let (code, _, said) = texts(&run(program, "--verbose", &[]));
        assert!(code == Some(64) && said.contains("--verbose") && said.contains("Usage: "), "{code:?} {said}");
    }
}

#[test]
fn check_config_names_every_problem_and_starts_nothing() {
    let wrong = [("REDIS_HOST", "redis"), ("MAX_CONNECTIONS", "0"), ("PORT", "http")];
    for (program, _) in PROGRAMS {
        let (code, out, problems) = texts(&run(program, "--check-config", &wrong));
        assert_eq!((code, out.as_str()), (Some(78), ""), "{problems}");
        for name in ["MAX_CONNECTIONS: found \"0\", expected 1 to 1000000", "PORT: ", "did you mean REDISHOST?"] {
            assert!(problems.contains(name), "{name}: {problems}");
        }
    }
    let valid = texts(&run("cloud-pubsub-interceptor", "--check-config", &[]));
    assert_eq!(valid, (Some(0), "the configuration is valid\n".to_owned(), String::new()));
}

#[tokio::test]
async fn a_healthcheck_needs_only_the_port_of_the_instance() {
    // An outage of Redis must not restart everything.
    let mut redis = RedisServer::start().await;
    let mut deployment = Deployment::start_on(&redis, 1, &[]).await;
    redis.kill();
    let ports = [deployment.connectors[0].port(), deployment.interceptor.port()].map(|port| port.to_string());
    for ((program, _), port) in PROGRAMS.iter().zip(&ports) {
        assert_eq!(texts(&run(program, "healthcheck", &[("PORT", port)])), (Some(0), String::new(), String::new()));
    }
    deployment.connectors[0].kill();
    let (code, _, said) = texts(&run("ui-connector", "healthcheck", &[("PORT", &ports[0])]));
    assert!(code == Some(1) && said.contains(&format!("no answer on port {}", ports[0])), "{code:?} {said}");
    assert_eq!(run("ui-connector", "healthcheck", &[("PORT", "http")]).status.code(), Some(78));
}

#[tokio::test]
async fn the_first_line_says_what_runs_where_without_a_password() {
    let redis = RedisServer::start_with(&["--requirepass", "geheim"]).await;
    let url = format!("redis://:geheim@127.0.0.1:{}", redis.port());
    let settings = [("REDIS_URL", url.as_str()), ("LOG_FORMAT", "json")];
    let deployment = Deployment::start_on(&redis, 1, &settings).await;
    for process in [&deployment.connectors[0], &deployment.interceptor] {
        let log = process.log();
        let first: serde_json::Value = serde_json::from_str(log.lines().next().expect("a line")).expect("JSON");
        assert_eq!(first["version"], env!("CARGO_PKG_VERSION"), "{first}");
        assert_eq!(first["redis"], format!("127.0.0.1:{}", redis.port()), "{first}");
        assert_eq!((first["retention"].as_str(), first["commit"].is_string()), (Some("900s"), true), "{first}");
        assert_eq!(first["project"], project(), "{first}");
        assert!(!log.contains("geheim"), "{log}");
    }
}

#[tokio::test]
async fn a_misspelt_variable_is_warned_of() {
    let deployment = Deployment::start_with(1, &[("REDIS_CLUSTERS", "true"), ("LOG_FORMAT", "json")]).await;
    for process in [&deployment.connectors[0], &deployment.interceptor] {
        let log = process.log();
        let warned =
            |line: &&str| line.contains("REDIS_CLUSTERS") && line.contains(r#""did_you_mean":"REDIS_CLUSTER""#);
        assert!(log.lines().any(|line| warned(&line)), "{log}");
    }
}
