//! Desktops of socket.io-client, all in one process of Node.js, without any code for recovery.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{conversation_of, got};
use crate::ledger::{Ledger, Seat};
use crate::plan::Plan;
use testkit::Driver;

/// The program of the desktops.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/desktops.mjs");

/// Runs desktops, each in its conversations, until `stop`.
pub(super) async fn run(
    server: SocketAddr,
    seats: Vec<(Seat, Vec<usize>)>,
    ledger: Arc<Ledger>,
    stop: CancellationToken,
) {
    let mut driver = Driver::start(Command::new("node").arg(PROGRAM));
    let names = |joined: &Vec<usize>| joined.iter().map(|index| Plan::conversation(*index)).collect::<Vec<_>>();
    let desktops: Vec<_> = seats.iter().map(|(_, joined)| names(joined)).collect();
    driver.send(&json!({"url": format!("http://{server}"), "desktops": desktops})).await;
    driver.close_input();
    let listening = async {
        while let Some(happening) = driver.receive().await {
            take(&happening, &seats, &ledger);
        }
        ledger.wrong("the process of socket.io-client has ended".to_owned());
    };
    stop.run_until_cancelled(listening).await;
}

fn take(happening: &Value, seats: &[(Seat, Vec<usize>)], ledger: &Ledger) {
    let seat = happening["desktop"].as_u64().and_then(|index| seats.get(usize::try_from(index).ok()?));
    let Some((seat, _)) = seat else { return };
    let why = happening["why"].as_str().unwrap_or_default();
    match happening["is"].as_str() {
        Some("event") => got(ledger, *seat, &happening["payload"]),
        Some("joined") => {
            if let Some(conversation) = conversation_of(happening) {
                ledger.joined(*seat, conversation);
            }
        }
        Some("connected") => ledger.note(*seat, "connected", ""),
        Some("disconnected") => ledger.note(*seat, "disconnected", why),
        Some("refused") => ledger.note(*seat, "refused", why),
        Some("renewed") => ledger.count("tokens renewed"),
        Some("missed") => ledger.notified_of_gap(*seat),
        _ => {}
    }
}
