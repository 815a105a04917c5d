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
use settings::Reader;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::add_extension::AddExtension;

use crate::address::ConnectionPeer;
use crate::variables::{HEADER_TIMEOUT_SECONDS, TRUSTED_PROXIES, on_cloud_run};

/// Pause after an error of `accept`, such as too many open files, in which connections may end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Maximum of open connections; further ones wait in the listener's backlog.
    pub connections: usize,
    /// How long a client may take to send a request's headers. It is also how long an idle
    /// keep-alive connection is held.
    pub header_timeout: Duration,
    /// Size of the kernel's send buffer of each connection, bytes. Without it the kernel holds
    /// megabytes for a client that does not read.
    pub send_buffer: Option<usize>,
    /// Bytes of a request's headers after which the server checks whether they have ended; more than twice as many get 431.
    pub header_bytes: usize,
    /// Number of trusted proxies in front, each of which adds an address to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// How long sent bytes may stay unacknowledged before the kernel closes the connection.
    pub user_timeout: Duration,
}

impl HttpLimits {
    pub fn read(env: &mut Reader) -> Self {
        // Google's front end adds the client's address at the end of the list.
        let platform = usize::from(on_cloud_run(env));
        Self {
            connections: 100_000,
            header_timeout: HEADER_TIMEOUT_SECONDS.read(env),
            send_buffer: None,
            header_bytes: 64 * 1024,
            trusted_proxies: TRUSTED_PROXIES.read(env).unwrap_or(platform),
            user_timeout: Duration::from_secs(20),
        }
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

/// Serves until `stop` is cancelled, then finishes the requests that are under way and returns.
///
/// It does not wait for upgraded connections (WebSockets): their owner closes them.
pub async fn serve(listener: TcpListener, router: Router, limits: HttpLimits, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                configure(&stream, &limits);
                let connection = ConnectionPeer { peer, proxies: limits.trusted_proxies };
                let service = AddExtension::new(router.clone(), connection);
                connections.spawn(serve_connection(stream, service, limits.clone(), stop.clone(), permit));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection; trying again");
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
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer.ip(), permit))
}

/// Serves a connection even if it cannot be configured.
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
    service: AddExtension<Router, ConnectionPeer>,
    limits: HttpLimits,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
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
        tracing::debug!(%error, "connection ended with an error");
    }
}
