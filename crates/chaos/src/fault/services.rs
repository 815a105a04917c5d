//! Crashes, restarts and standstills of our processes.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Lane;
use testkit::Process;

/// How long a process may take to end after SIGTERM; the platform kills after 10 s.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
enum Fault {
    KillConnector,
    StopConnector,
    FreezeConnector,
    RollingRestart,
    KillInterceptor,
    StopInterceptor,
    FreezeInterceptor,
}

const FAULTS: [Fault; 7] = [
    Fault::KillConnector,
    Fault::StopConnector,
    Fault::FreezeConnector,
    Fault::RollingRestart,
    Fault::KillInterceptor,
    Fault::StopInterceptor,
    Fault::FreezeInterceptor,
];

pub(super) async fn run(mut lane: Lane<'_>) {
    while lane.rest().await {
        let fault = *lane.choose(&FAULTS);
        let _broken = lane.calm.read().await;
        match fault {
            Fault::RollingRestart => roll(&lane).await,
            Fault::KillConnector | Fault::KillInterceptor => kill(&mut lane, fault).await,
            Fault::StopConnector | Fault::StopInterceptor => stop(&mut lane, fault).await,
            Fault::FreezeConnector | Fault::FreezeInterceptor => freeze(&mut lane, fault).await,
        }
    }
}

/// The processes that a fault can happen to.
fn victims<'a>(lane: &Lane<'a>, fault: Fault) -> &'a [tokio::sync::Mutex<Process>] {
    match fault {
        Fault::KillInterceptor | Fault::StopInterceptor | Fault::FreezeInterceptor => &lane.stage.interceptors,
        _ => &lane.stage.connectors,
    }
}

async fn kill(lane: &mut Lane<'_>, fault: Fault) {
    let away = lane.seconds(0.0, 4.0);
    let all = victims(lane, fault);
    let mut victim = lane.choose(all).lock().await;
    lane.ledger.fault(format!("kill -9: {}, back in {away:.1?}", victim.name()));
    victim.kill();
    sleep(away).await;
    victim.restart().await;
}

async fn stop(lane: &mut Lane<'_>, fault: Fault) {
    let all = victims(lane, fault);
    let mut victim = lane.choose(all).lock().await;
    lane.ledger.fault(format!("SIGTERM: {}", victim.name()));
    replace(lane, &mut victim).await;
}

async fn freeze(lane: &mut Lane<'_>, fault: Fault) {
    let time = lane.seconds(0.5, 12.0);
    let all = victims(lane, fault);
    let victim = lane.choose(all).lock().await;
    lane.ledger.fault(format!("standstill: {} for {time:.1?}", victim.name()));
    victim.freeze();
    sleep(time).await;
    victim.thaw();
}

/// A new revision: one connector after the other.
async fn roll(lane: &Lane<'_>) {
    lane.ledger.fault("rolling restart".to_owned());
    for connector in &lane.stage.connectors {
        replace(lane, &mut *connector.lock().await).await;
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
