//! What can happen to desktops, and to the network between them and the connectors.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::Lane;
use crate::desktop::Attention;
use testkit::Weather;

/// One in so many light desktops stops reading.
const INATTENTIVE: usize = 4;

pub(super) async fn run(mut lane: Lane<'_>, light: &[Attention]) {
    while lane.rest().await {
        let _broken = lane.calm.read().await;
        let (network, time) = (&lane.stage.desktops, lane.seconds(1.0, 15.0));
        match lane.random_index(4) {
            0 => {
                lane.ledger.fault("all desktops cut".to_owned());
                network.cut();
            }
            1 => {
                lane.ledger.fault(format!("the desktops' network is lost: {time:.1?}"));
                network.set(Weather::Lost);
                sleep(time).await;
            }
            2 => {
                let (time, delay) = (time / 2, lane.seconds(0.02, 0.3));
                lane.ledger.fault(format!("the desktops' network is slow: {delay:.1?} for {time:.1?}"));
                network.set(Weather::Slow(delay));
                sleep(time).await;
            }
            _ => not_reading(&mut lane, light).await,
        }
        network.clear_up();
    }
}

/// Longer than the server waits for them.
async fn not_reading(lane: &mut Lane<'_>, light: &[Attention]) {
    let first = lane.random_index(INATTENTIVE);
    let chosen: Vec<_> = light.iter().skip(first).step_by(INATTENTIVE).collect();
    lane.ledger.fault(format!("slow desktops: {} do not read", chosen.len()));
    let times: Vec<_> = chosen.iter().map(|_| lane.seconds(2.0, 20.0)).collect();
    let inattentive = chosen.into_iter().zip(times).map(|(desktop, time): (_, Duration)| async move {
        desktop.send_replace(false);
        sleep(time).await;
        desktop.send_replace(true);
    });
    join_all(inattentive).await;
}
