//! Crashes, restarts and standstills of our processes.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Lane;
use testkit::Process;

/// How long a process may take to end after SIGTERM; the platform kills after 10 s.
const GRACE: Duration = Duration::from_secs(10);

pub(super) async fn run(mut lane: Lane<'_>) {
    while lane.rest().await {
        let _broken = lane.calm.read().await;
        let fault = lane.random_index(7);
        if fault == 0 {
            // A new revision: one connector after the other.
            lane.ledger.fault("rolling restart".to_owned());
            for connector in &lane.stage.connectors {
                replace(&lane, &mut *connector.lock().await).await;
            }
            continue;
        }
        let services = if fault.is_multiple_of(2) { &lane.stage.connectors } else { &lane.stage.interceptors };
        let mut victim = lane.choose(services).lock().await;
        let (name, time) = (victim.name().to_owned(), lane.seconds(0.5, 12.0));
        match fault {
            1 | 2 => {
                let away = time / 3;
                lane.ledger.fault(format!("kill -9: {name}, back in {away:.1?}"));
                victim.kill();
                sleep(away).await;
                victim.restart().await;
            }
            3 | 4 => {
                lane.ledger.fault(format!("SIGTERM: {name}"));
                replace(&lane, &mut victim).await;
            }
            _ => {
                lane.ledger.fault(format!("standstill: {name} for {time:.1?}"));
                victim.freeze();
                sleep(time).await;
                victim.thaw();
            }
        }
    }
}

/// Ends a process in good order, and starts it again.
async fn replace(lane: &Lane<'_>, process: &mut Process) {
    process.terminate();
    if !timeout(GRACE, process.end()).await.is_ok_and(|status| status.success()) {
        lane.ledger.wrong(format!("{} did not end well after SIGTERM", process.name()));
    }
    process.restart().await;
}
