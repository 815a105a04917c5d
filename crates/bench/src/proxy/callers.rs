//! As many calls as are answered.

use std::{net::SocketAddr, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    measure::Histogram,
    wire::http::{HttpConnection, HttpError},
};

/// What became of the calls.
#[derive(Default)]
pub struct Calls {
    /// Answered with 200.
    pub answered: u64,
    /// Not.
    pub failed: u64,
    /// From the first byte of the request to the last of the answer.
    pub latency: Histogram,
    /// How long it took in all.
    pub elapsed: Duration,
}

/// Calls `path` with `token` over `connections` at once for `duration`, each time as soon as the last is answered.
///
/// # Errors
/// When a connection cannot be made.
pub async fn call(
    server: SocketAddr,
    path: &str,
    token: &str,
    connections: usize,
    duration: Duration,
) -> Result<Calls, HttpError> {
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: {token}\r\naccept: application/json\r\n\r\n");
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..connections {
        let connection = HttpConnection::connect(server).await?;
        running.spawn(call_until(start + duration, connection, request.clone()));
    }
    let mut sum = Calls::default();
    for calls in running.join_all().await {
        sum.answered += calls.answered;
        sum.failed += calls.failed;
        sum.latency.merge(&calls.latency);
    }
    sum.elapsed = start.elapsed();
    Ok(sum)
}

async fn call_until(end: Instant, mut connection: HttpConnection, request: String) -> Calls {
    let mut calls = Calls::default();
    while Instant::now() < end {
        let sent = Instant::now();
        match connection.exchange(request.as_bytes()).await {
            Ok((200, _)) => calls.answered += 1,
            Ok(_) => calls.failed += 1,
            Err(_) => {
                calls.failed += 1;
                // A connection that has broken is of no use.
                return calls;
            }
        }
        calls.latency.record(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    calls
}
