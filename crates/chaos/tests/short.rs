//! A short run with a fixed seed; `make chaos` plays longer ones.

use std::time::Duration;

use chaos::Plan;

const SEED: u64 = 20;
const TIME: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_desktop_gets_every_event_once_and_in_order() {
    let test = std::env::current_exe().expect("the path of the test program");
    let programs = test.ancestors().nth(2).expect("the folder of the build").to_owned();
    let logs = programs.join(format!("../chaos/{SEED}"));
    let report = chaos::run(Plan::new(SEED, TIME, programs, logs).small()).await;
    assert!(report.mistakes.is_empty(), "{report}");
}
