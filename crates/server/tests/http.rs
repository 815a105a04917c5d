//! What clients meet that are slow, many, or late.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use server::http::{HttpLimits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(10);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// `/slow` answers when the test says so.
static GO: Notify = Notify::const_new();
static ASKED: Notify = Notify::const_new();

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn start(limits: HttpLimits) -> Server {
    let slow = async || {
        ASKED.notify_one();
        GO.notified().await;
        "late"
    };
    let router = Router::new().route("/", get(async || "hello")).route("/slow", get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let task = tokio::spawn(serve(listener, router, limits, stop.clone()));
    Server { address, stop, task }
}

/// Everything that comes until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends it as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection stayed open");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_closed() {
    let server = start(HttpLimits { header_timeout: Duration::from_millis(100), ..HttpLimits::default() }).await;
    for beginning in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        assert!(!rest(&mut client).await.contains("hello"));
    }
}

#[tokio::test]
async fn beyond_the_limit_clients_wait_for_their_turn() {
    let server = start(HttpLimits { connections: 1, ..HttpLimits::default() }).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    let mut answer = [0; 15];
    timeout(PATIENCE, first.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    assert!(timeout(Duration::from_millis(100), second.read_exact(&mut answer)).await.is_err());
    drop(first);
    timeout(PATIENCE, second.read_exact(&mut answer)).await.unwrap().unwrap();
}

#[tokio::test]
async fn requests_under_way_are_finished_and_idle_connections_closed() {
    let server = start(HttpLimits::default()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let mut busy = TcpStream::connect(server.address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    timeout(PATIENCE, ASKED.notified()).await.unwrap();
    server.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    GO.notify_one();
    assert!(rest(&mut busy).await.ends_with("late"));
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
