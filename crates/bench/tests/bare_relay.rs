//! Plays small scenarios with real processes: the bare relay and a redis-server.

use std::{env, path::PathBuf, time::Duration};

use agent_assist_bench::{
    deployment::Target,
    desktop::{Fleet, FleetPlan, register},
    plan::Plan,
    report::Figure,
    scenario::Scenario,
};

const REDIS: &str = "/usr/bin/redis-server";

/// The relay that cargo builds beside this test.
fn relay() -> Target {
    assert!(PathBuf::from(REDIS).exists(), "{REDIS} is missing; install the package redis-server");
    let test = env::current_exe().unwrap_or_default();
    let folder = test.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
    let program = folder.join("examples/bare_relay");
    assert!(
        program.exists(),
        "{} is missing; build it with `cargo build -p agent-assist-bench --example bare_relay`",
        program.display()
    );
    Target::BareRelay(program)
}

fn tiny() -> Plan {
    Plan {
        idle_desktops: 20,
        desktops: 10,
        rates: vec![200],
        fan_out_rate: 20,
        warm_up: Duration::from_millis(50),
        duration: Duration::from_millis(300),
        ramp_duration: Duration::from_millis(100),
        starts: 1,
    }
}

fn value(figures: &[Figure], name: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {figures:?}")).value
}

fn assert_faultless(figures: &[Figure]) {
    for fault in
        ["lost", "duplicated", "out of order", "pushes not acknowledged", "pushes not sent in time", "desktops cut off"]
    {
        assert!(value(figures, fault) < 0.5, "{fault}: {figures:?}");
    }
}

#[tokio::test]
async fn every_event_reaches_its_desktop_once_and_in_order() {
    let figures = Scenario::EndToEnd.play(&relay(), &tiny()).await.unwrap();
    assert_faultless(&figures);
    assert!(value(&figures, "max") > 0.0, "no event arrived: {figures:?}");
    assert!(value(&figures, "p50") <= value(&figures, "max"));
}

#[tokio::test]
async fn one_event_reaches_every_desktop_of_a_conversation() {
    let figures = Scenario::FanOut.play(&relay(), &tiny()).await.unwrap();
    assert_faultless(&figures);
    assert!(value(&figures, "max") > 0.0, "no event arrived: {figures:?}");
}

#[tokio::test]
async fn the_interceptor_and_the_handshake_are_counted() {
    let pushes = Scenario::Interceptor.play(&relay(), &tiny()).await.unwrap();
    assert!(value(&pushes, "requests") > 0.0);
    assert!(value(&pushes, "not acknowledged") < 0.5);
    let handshakes = Scenario::Handshake.play(&relay(), &tiny()).await.unwrap();
    assert!(value(&handshakes, "handshakes") > 0.0);
}

#[tokio::test]
async fn memory_and_start_are_read_off() {
    let memory = Scenario::IdleMemory.play(&relay(), &tiny()).await.unwrap();
    assert!(value(&memory, "each in its own conversation") > 0.0);
    let start = Scenario::Start.play(&relay(), &tiny()).await.unwrap();
    assert!(value(&start, "first answer") > 0.0);
    assert!(value(&start, "idle memory") > 0.1);
}

#[tokio::test]
async fn a_lost_connection_is_noticed() {
    let deployment = relay().start().await.unwrap();
    let plan = FleetPlan {
        server: deployment.connector,
        tokens: register(deployment.connector).await.unwrap().into(),
        desktops: 3,
        conversation: |_| None,
    };
    let fleet = Fleet::connect(plan).await.unwrap();
    deployment.stop().await;
    let noticed = async {
        while fleet.observer.disconnections() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), noticed).await.unwrap();
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let missing = Target::BareRelay("/nowhere/bare_relay".into());
    let error = missing.start().await.err().unwrap();
    assert!(error.to_string().contains("/nowhere/bare_relay"), "{error}");
}
