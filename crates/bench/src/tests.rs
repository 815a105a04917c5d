//! Small scenarios with real processes: the bare relay and a redis-server.

use std::time::Duration;

use testkit::{build_folder, until};

use crate::desktops::Fleet;
use crate::plan::LoadPlan;
use crate::report::Figure;
use crate::scenario::Scenario;
use crate::target::Target;

fn plan() -> LoadPlan {
    let duration = Duration::from_millis(300);
    LoadPlan { build: build_folder(), idle_desktops: 20, desktops: 10, rates: vec![200], duration }
}

async fn play(scenario: Scenario) -> Vec<Figure> {
    scenario.play(Target::BareRelay, &plan()).await
}

fn value(figures: &[Figure], name: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.name == name).and_then(|figure| figure.value);
    found.unwrap_or_else(|| panic!("no {name} in {figures:?}"))
}

#[tokio::test]
async fn every_event_reaches_its_desktops_once_and_in_order() {
    for scenario in [Scenario::EndToEnd, Scenario::FanOut] {
        let figures = play(scenario).await;
        assert!(value(&figures, "faults") < 1.0, "{figures:?}");
        assert!(value(&figures, "p50, ms") > 0.0, "no event arrived: {figures:?}");
        assert!(value(&figures, "p50, ms") <= value(&figures, "max, ms"));
    }
}

#[tokio::test]
async fn pushes_handshakes_memory_and_starts_are_counted() {
    let pushes = play(Scenario::Interceptor).await;
    assert!(value(&pushes, "requests/s") > 0.0);
    assert!(value(&pushes, "faults") < 1.0, "{pushes:?}");
    assert!(value(&play(Scenario::Handshake).await, "handshakes/s") > 0.0);
    assert!(value(&play(Scenario::IdleMemory).await, "each in its own conversation, B each") > 0.0);
    let start = play(Scenario::Start).await;
    assert!(value(&start, "first answer, ms") > 0.0);
    assert!(value(&start, "idle memory, MB") > 0.1);
}

#[tokio::test]
async fn a_lost_connection_is_noticed() {
    let deployment = Target::BareRelay.start(&plan(), &[]).await;
    let fleet = Fleet::connect(deployment.connector, 3, |_| None).await;
    drop(deployment);
    until("all desktops are cut off", async || fleet.seen().cut_off == 3).await;
}
