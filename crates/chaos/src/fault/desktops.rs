//! What can happen to desktops, and to the way to them.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::Lane;
use crate::desktop::Desktops;
use testkit::Weather;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut,
    Lost,
    Slow,
    NotReading,
}

const FAULTS: [Fault; 4] = [Fault::Cut, Fault::Lost, Fault::Slow, Fault::NotReading];

/// One in so many light desktops stops reading.
const INATTENTIVE: usize = 4;

pub(super) async fn run(mut lane: Lane<'_>, desktops: &Desktops) {
    while lane.rest().await {
        let fault = *lane.choose(&FAULTS);
        let _broken = lane.calm.read().await;
        let network = &lane.stage.desktops;
        match fault {
            Fault::Cut => {
                lane.ledger.fault("all desktops cut".to_owned());
                network.cut();
            }
            Fault::Lost => {
                let time = lane.seconds(1.0, 15.0);
                lane.ledger.fault(format!("the desktops' network is lost: {time:.1?}"));
                network.set(Weather::Lost);
                sleep(time).await;
                network.clear_up();
            }
            Fault::Slow => {
                let (time, delay) = (lane.seconds(1.0, 8.0), lane.seconds(0.02, 0.3));
                lane.ledger.fault(format!("the desktops' network is slow: {delay:.1?} for {time:.1?}"));
                network.set(Weather::Slow(delay));
                sleep(time).await;
                network.clear_up();
            }
            Fault::NotReading => not_reading(&mut lane, desktops).await,
        }
    }
}

/// Longer than the server waits for them.
async fn not_reading(lane: &mut Lane<'_>, desktops: &Desktops) {
    let first = lane.random_index(INATTENTIVE);
    let chosen: Vec<_> = desktops.light.iter().skip(first).step_by(INATTENTIVE).collect();
    lane.ledger.fault(format!("slow desktops: {} do not read", chosen.len()));
    let times: Vec<_> = chosen.iter().map(|_| lane.seconds(2.0, 20.0)).collect();
    let inattentive = chosen.into_iter().zip(times).map(|(desktop, time): (_, Duration)| async move {
        desktop.set(false);
        sleep(time).await;
        desktop.set(true);
    });
    join_all(inattentive).await;
}
