//! Requests over kept connections.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::units::{histogram, micros};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) type HttpCall = Request<Full<Bytes>>;
type HttpResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) fn get(path: &str, token: &str) -> HttpCall {
    let request = Request::get(path).header(HOST, "bench").header(AUTHORIZATION, token);
    request.body(Full::default()).expect("a request")
}

pub(crate) fn post(path: &str, body: String) -> HttpCall {
    let request = Request::post(path).header(HOST, "bench").header(CONTENT_TYPE, "application/json");
    request.body(Full::from(body)).expect("a request")
}

/// A connection that carries one exchange after the other.
pub(crate) struct HttpConnection(SendRequest<Full<Bytes>>);

impl HttpConnection {
    /// Connects.
    ///
    /// # Errors
    /// If nothing listens.
    pub(crate) async fn connect(server: SocketAddr) -> HttpResult<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender. If it ends earlier, the exchange under way says why.
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// Sends a request, reads the response to its end, and returns its status.
    ///
    /// # Errors
    /// If the connection has ended or the response is late. The connection cannot be used any more.
    pub(crate) async fn send(&mut self, call: HttpCall) -> HttpResult<StatusCode> {
        let exchange = async {
            let mut answer = self.0.send_request(call).await?;
            while let Some(frame) = answer.body_mut().frame().await {
                frame?;
            }
            Ok(answer.status())
        };
        timeout(PATIENCE, exchange).await?
    }
}

/// Calls over `connections` at once, each time as soon as the last call is answered. Returns the latencies, in µs, of
/// the calls that had the `expected` status, and the number of the others.
pub(crate) async fn closed_loop(
    server: SocketAddr,
    connections: usize,
    duration: Duration,
    expected: StatusCode,
    call: impl Fn() -> HttpCall,
) -> (Histogram<u64>, u64) {
    let start = Instant::now();
    let calling = (0..connections).map(async |_| {
        let (mut failed, mut latencies) = (0, histogram());
        let mut connection = HttpConnection::connect(server).await.expect("a connection");
        while start.elapsed() < duration {
            let sent = Instant::now();
            match connection.send(call()).await {
                Ok(status) if status == expected => latencies.saturating_record(micros(sent.elapsed())),
                Ok(_) => failed += 1,
                // The connection is of no use any more.
                Err(_) => return (latencies, failed + 1),
            }
        }
        (latencies, failed)
    });
    join_all(calling)
        .await
        .into_iter()
        .fold((histogram(), 0), |(all, sum), (latencies, failed)| (all + latencies, sum + failed))
}
