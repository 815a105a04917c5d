//! A short run with a fixed seed; `make chaos` plays longer ones.

use std::time::Duration;

use chaos::Plan;
use testkit::build_folder;

const SEED: u64 = 20;
const TIME: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: faults for 25 s, and what comes after"]
async fn every_desktop_gets_every_event_once_and_in_order() {
    let programs = build_folder();
    let logs = programs.join(format!("../chaos/{SEED}"));
    let report = chaos::run(Plan::new(SEED, TIME, programs, logs).small()).await;
    assert!(report.mistakes.is_empty(), "{report}");
}
