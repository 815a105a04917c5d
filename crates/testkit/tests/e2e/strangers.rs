//! Those who open connections and say little.

use futures_util::{StreamExt as _, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Deployment, Push, announce, assert_payloads, in_time};

const CONVERSATION: &str = "projects/acme-support/conversations/strangers";
const STRANGERS: usize = 10_000;
/// Files that this program and its clients need besides.
const OTHERS: usize = 1_000;

/// As many as this machine lets one program open.
fn strangers() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // If it cannot be raised, what there is has to do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let files =
        getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let possible = files.saturating_sub(OTHERS).min(STRANGERS);
    if possible < STRANGERS {
        announce(&format!("only {possible} half-open connections: the limit of open files is {files}"));
    }
    possible
}

async fn half_open(port: u16) -> TcpStream {
    let mut stream = in_time("a connection", TcpStream::connect(("127.0.0.1", port))).await.expect("a connection");
    stream.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("half a request");
    stream
}

#[tokio::test]
async fn ten_thousand_half_open_connections_stop_nobody_where_eight_stopped_the_original() {
    let deployment = Deployment::start_with(1, &[("HEADER_TIMEOUT_SECONDS", "10")]).await;
    let connector = &deployment.connectors[0];
    let count = strangers();
    let connections: Vec<_> =
        stream::iter(0..count).map(|_| half_open(connector.port())).buffer_unordered(64).collect().await;
    connector.answers("/status", 200).await;
    let mut desktop = deployment.desktop(0, CONVERSATION).await;
    let pushes = [Push::message(CONVERSATION, 1)];
    deployment.push(&pushes[0]).await;
    assert_payloads(&desktop.last_events(1, CONVERSATION).await, CONVERSATION, &pushes);
    let closed = stream::iter(connections).map(async |mut connection| {
        // An answer that says why may come first.
        let mut rest = Vec::new();
        in_time("the end of a half-open connection", connection.read_to_end(&mut rest)).await
    });
    assert_eq!(closed.buffer_unordered(count).count().await, count);
}
