//! Clients that open connections and send little.

use futures_util::{StreamExt as _, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::{Deployment, Push, in_time, missing, talk};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
const CONNECTIONS: usize = 10_000;
/// Files that this program and its clients need besides.
const OTHERS: u64 = 1_000;

/// Whether this program may open so many files.
fn can_open_files() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.is_none_or(|files| files >= CONNECTIONS as u64 + OTHERS);
    if !enough {
        missing("a limit of 11,000 open files", "Raise the hard limit: ulimit -Hn 16384.");
    }
    enough && setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_ok()
}

async fn half_open(port: u16) -> TcpStream {
    let mut stream = in_time("a connection", TcpStream::connect(("127.0.0.1", port))).await.expect("a connection");
    stream.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("half a request");
    stream
}

#[tokio::test]
async fn ten_thousand_half_open_connections_do_no_harm() {
    if !can_open_files() {
        return;
    }
    let deployment = Deployment::start_with(1, &[("HEADER_TIMEOUT_SECONDS", "10")]).await;
    let connector = &deployment.connectors[0];
    let connections: Vec<_> =
        stream::iter(0..CONNECTIONS).map(|_| half_open(connector.port())).buffer_unordered(64).collect().await;
    connector.answers("/status", 200).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    deployment.delivers(&mut desktop, &talk(), &[Push::message(&talk(), 1)]).await;
    let closed = stream::iter(connections).map(async |mut connection| {
        // An answer that says why may come first.
        let mut rest = Vec::new();
        in_time("the end of a half-open connection", connection.read_to_end(&mut rest)).await
    });
    assert_eq!(closed.buffer_unordered(CONNECTIONS).count().await, CONNECTIONS);
}
