//! HTTP serving with the limits that a service on the open internet needs.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::add_extension::AddExtension;

use crate::address::Connection;
use crate::env::EnvReader;

/// After an error of `accept`, such as too many open files, to let others finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Limits of one listener.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Open connections at the most; beyond that they wait in the listener's backlog.
    pub connections: usize,
    /// How long a client may take to send a request's headers. It is also how long an idle
    /// keep-alive connection is held.
    pub header_timeout: Duration,
    /// Size of the kernel's send buffer of each connection, bytes. Without it the kernel holds
    /// megabytes for a client that does not read.
    pub send_buffer: Option<usize>,
    /// Bytes of a request's headers that are read before it is looked whether they end; more than twice as many get 431.
    pub header_bytes: usize,
    /// Proxies of ours in front, each of which notes an address in `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// After which time without acknowledgement of sent bytes the kernel gives a connection up.
    pub user_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            header_timeout: Duration::from_secs(30),
            send_buffer: None,
            header_bytes: 64 * 1024,
            trusted_proxies: 0,
            user_timeout: Duration::from_secs(20),
        }
    }
}

impl HttpLimits {
    /// Reads `HEADER_TIMEOUT_SECONDS` and `TRUSTED_PROXIES`.
    pub fn read(env: &mut EnvReader) -> Self {
        let default = Self::default();
        let seconds = default.header_timeout.as_secs();
        let timeout = env.parse_within("HEADER_TIMEOUT_SECONDS", "1 to 600", seconds, |n| (1..=600).contains(n));
        // Google's front end notes the client as the last of the list.
        let proxies = usize::from(env.text("K_SERVICE").is_some());
        let trusted_proxies = env.parse_within("TRUSTED_PROXIES", "0 to 16", proxies, |n| *n <= 16);
        Self { header_timeout: Duration::from_secs(timeout), trusted_proxies, ..default }
    }
}

/// Serves until `stop` is cancelled, then finishes the requests that are under way and returns.
///
/// Connections that were upgraded (WebSockets) are not waited for: their owner closes them.
pub async fn serve(listener: TcpListener, router: Router, limits: HttpLimits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                configure(&stream, &limits);
                let connection = Connection { peer, proxies: limits.trusted_proxies };
                let service = AddExtension::new(router.clone(), connection);
                connections.spawn(serve_connection(stream, service, limits.clone(), stop.clone(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer.ip(), place))
}

/// A connection that cannot be configured is served all the same.
fn configure(stream: &TcpStream, limits: &HttpLimits) {
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_user_timeout(Some(limits.user_timeout));
    if let Some(bytes) = limits.send_buffer {
        let _ = socket.set_send_buffer_size(bytes);
    }
}

async fn serve_connection(
    stream: TcpStream,
    service: AddExtension<Router, Connection>,
    limits: HttpLimits,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(limits.header_bytes)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended with an error");
    }
}
