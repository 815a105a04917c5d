//! Breaks everything around the services at random, and counts what the desktops got.
//!
//! Real processes on a real Redis with a replica, behind proxies that can lose the network; desktops of
//! socket.io-client and light ones; events by Pub/Sub's rules of redelivery. [`run`] plays a [`Plan`]. In the
//! end every desktop must have every event of its conversations, once and in order.
#![expect(clippy::expect_used, reason = "what this program needs of the machine is there, or it cannot go on")]
#![expect(clippy::print_stderr, reason = "it shows how far it is")]

mod desktop;
mod fault;
mod ledger;
mod plan;
mod publisher;
mod report;
mod stage;
mod witness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use plan::Plan;
pub use report::Report;

use ledger::Ledger;
use publisher::Publishing;
use stage::Stage;

/// How long the desktops may take, once all is well again, to get what they have missed.
const SETTLING: Duration = Duration::from_mins(2);

/// Time between two lines about the state of things.
const PROGRESS: Duration = Duration::from_secs(10);

/// Plays a plan to its end.
///
/// # Panics
/// If a program is missing, or a process does not start.
pub async fn run(plan: Plan) -> Report {
    let (started, stop, tasks) = (Instant::now(), CancellationToken::new(), TaskTracker::new());
    let ledger = Arc::new(Ledger::new(plan.conversations));
    let stage = Stage::start(&plan).await;
    let publishing = Arc::new(Publishing::default());
    tasks.spawn(show_progress(ledger.clone(), stop.clone()));
    let desktops = desktop::start(&plan, &stage.address(), &ledger, &stop, &tasks);
    while !ledger.is_joined() {
        sleep(Duration::from_millis(20)).await;
    }
    let publishers = publisher::start(&plan, &stage, &ledger, &publishing);

    fault::inject(&plan, &stage, &desktops, &publishing, &ledger).await;

    eprintln!("chaos: no more faults; every event must arrive now");
    stage.heal().await;
    publishing.end();
    publishers.close();
    publishers.wait().await;
    let deadline = Instant::now() + SETTLING;
    while !ledger.is_complete() && Instant::now() < deadline {
        sleep(Duration::from_millis(100)).await;
    }
    let lost = report::missing(&ledger, &stage).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Report::new(&plan, &ledger, lost, started.elapsed())
}

async fn show_progress(ledger: Arc<Ledger>, stop: CancellationToken) {
    while stop.run_until_cancelled(sleep(PROGRESS)).await.is_some() {
        eprintln!("chaos: {}", ledger.summary());
    }
}
