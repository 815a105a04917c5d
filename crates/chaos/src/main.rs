//! `make chaos`: injects faults into everything around the services, and fails if an event was lost, duplicated or reordered.
//!
//! Real processes on a real Redis with a replica, or a cluster, behind proxies that can lose the network; desktops of
//! socket.io-client and light ones; events that are redelivered by Pub/Sub's rules. At the end every desktop must have
//! received every event of its conversations, once and in order.
#![expect(clippy::expect_used, reason = "without what this program needs of the machine it cannot go on")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the report goes to stdout, progress to stderr")]

mod desktop;
mod fault;
mod ledger;
mod plan;
mod publisher;
mod report;
mod stage;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use ledger::Ledger;
use plan::Plan;
use publisher::Publishing;
use report::RunReport;
use stage::System;

/// How long the desktops may take to get what they have missed, once there are no more faults.
const SETTLING: Duration = Duration::from_mins(2);

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let plan = Plan::parse();
    eprintln!("chaos: seed {}; the processes write into {}", plan.seed, plan.logs().display());
    let report = run(&plan).await;
    println!("{report}");
    if report.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(plan: &Plan) -> RunReport {
    let (started, stop, tasks) = (Instant::now(), CancellationToken::new(), TaskTracker::new());
    let ledger = Arc::new(Ledger::new(plan.conversations()));
    let stage = System::start(plan).await;
    let publishing = Arc::new(Publishing::default());
    tasks.spawn(show_progress(ledger.clone(), stop.clone()));
    let light = desktop::start(plan, stage.desktops.address(), &ledger, &stop, &tasks);
    while !ledger.is_joined() {
        sleep(Duration::from_millis(20)).await;
    }
    let publishers = publisher::start(plan, &stage, &ledger, &publishing);

    fault::inject(plan, &stage, &light, &publishing, &ledger).await;

    eprintln!("chaos: no more faults; every event must arrive now");
    stage.heal().await;
    publishing.end.cancel();
    publishers.close();
    publishers.wait().await;
    ledger.is_complete_within(SETTLING).await;
    let lost = report::missing(&ledger, &stage).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    RunReport::new(plan, &ledger, lost, started.elapsed())
}

async fn show_progress(ledger: Arc<Ledger>, stop: CancellationToken) {
    while stop.run_until_cancelled(sleep(PROGRESS)).await.is_some() {
        eprintln!("chaos: {}", ledger.summary());
    }
}

/// A short run with a fixed seed; `make chaos` plays longer ones.
#[cfg(test)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: faults for 25 s, and what comes after"]
async fn every_desktop_gets_every_event_once_and_in_order() {
    let report = run(&Plan::parse_from(["chaos", "--seed=20", "--small", "--minutes=0.4"])).await;
    assert!(report.mistakes.is_empty(), "{report}");
}
