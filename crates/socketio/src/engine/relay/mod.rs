//! Requests for connections of peers, which are the other processes of a deployment.
//!
//! A client that polls opens a TCP connection for each request, and a balancer may route it to any
//! process. The session id names the process that has the connection, and the request is relayed to
//! it. Messages may be lost; the request then fails after a timeout, and the client reconnects.

pub(super) mod bridge;
mod message;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::message::{Operation, PeerMessage, Reply};

use super::connection::Connection;
use super::error::RequestError;
use super::id::RandomId;
use super::polling::get::Poller;
use super::polling::{get, post};
use super::registry::Registry;
use crate::settings::SocketSettings;

/// Requests that may wait for a peer, and requests of peers that may be served, at the same time. A
/// client whose requests arrive at the wrong process has one GET that waits, and at times a POST.
const MAX_REQUESTS: usize = 4096;

/// Sends messages to the other processes of a deployment.
#[async_trait]
pub trait PeerMessenger: Send + Sync + 'static {
    /// Sends a message to the process whose [`SocketSettings::node`] is `node`, which passes it to
    /// [`Server::serve_peers`](crate::Server::serve_peers). A message is delivered at most once, in no
    /// particular order. Returns whether there is such a process, as far as is known.
    async fn send(&self, node: &str, message: Bytes) -> bool;
}

/// Exchanges requests and responses with peers.
pub(super) struct PeerRelay {
    messenger: Arc<dyn PeerMessenger>,
    settings: Arc<SocketSettings>,
    last_number: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Reply>>>,
}

impl PeerRelay {
    pub(super) fn new(messenger: Arc<dyn PeerMessenger>, settings: Arc<SocketSettings>) -> Self {
        Self { messenger, settings, last_number: AtomicU64::new(0), pending: Mutex::default() }
    }

    /// Serves the requests of peers, and passes on their responses, until the channel is closed.
    pub(super) async fn run(&self, registry: &Registry, mut messages: mpsc::Receiver<Bytes>) {
        let mut serving = JoinSet::new();
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.receive(&message, registry, &mut serving),
                    None => return,
                },
                Some(_) = serving.join_next() => {}
            }
        }
    }

    fn receive(&self, message: &Bytes, registry: &Registry, serving: &mut JoinSet<()>) {
        match PeerMessage::decode(message, self.node().len()) {
            Some(PeerMessage::Response { number, reply }) => {
                if let Some(pending) = self.pending.lock().remove(&number) {
                    // An error means that the request has timed out.
                    let _ = pending.send(reply);
                }
            }
            Some(PeerMessage::Request { number, from, id, operation }) if serving.len() < MAX_REQUESTS => {
                let (connection, messenger) = (registry.get(id), self.messenger.clone());
                serving.spawn(async move {
                    let reply = match connection {
                        Some(connection) => operation.run(&connection).await,
                        None => Err(RequestError::UnknownSession),
                    };
                    messenger.send(&from, PeerMessage::Response { number, reply }.encode()).await;
                });
            }
            Some(PeerMessage::Request { .. }) => {
                tracing::debug!("dropped the request of a peer, because too many are being served");
            }
            None => tracing::debug!("dropped a malformed message of a peer"),
        }
    }

    /// Sends a request to a peer and waits for its response.
    async fn request(&self, node: &str, id: RandomId, operation: Operation, within: Duration) -> Option<Reply> {
        let (sender, reply) = oneshot::channel();
        let number = self.last_number.fetch_add(1, Ordering::Relaxed);
        let _guard = PendingGuard::insert(self, number, sender)?;
        let message = PeerMessage::Request { number, from: self.node().into(), id, operation }.encode();
        let exchange = async { if self.messenger.send(node, message).await { reply.await.ok() } else { None } };
        timeout(within, exchange).await.ok().flatten()
    }

    fn node(&self) -> &str {
        self.settings.node.as_deref().unwrap_or_default()
    }
}

/// Removes a pending request when it is dropped.
struct PendingGuard<'a> {
    relay: &'a PeerRelay,
    number: u64,
}

impl<'a> PendingGuard<'a> {
    /// Returns `None` if too many requests are pending.
    fn insert(relay: &'a PeerRelay, number: u64, sender: oneshot::Sender<Reply>) -> Option<Self> {
        let mut pending = relay.pending.lock();
        if pending.len() >= MAX_REQUESTS {
            return None;
        }
        pending.insert(number, sender);
        Some(Self { relay, number })
    }
}

impl Drop for PendingGuard<'_> {
    fn drop(&mut self) {
        self.relay.pending.lock().remove(&self.number);
    }
}

impl Operation {
    /// Carries out the request of a peer.
    async fn run(self, connection: &Connection) -> Reply {
        match self {
            Self::Poll(t) => get::poll(connection, Poller::Client(&t)).await,
            Self::BridgePoll => get::poll(connection, Poller::Bridge).await,
            Self::Post(body) => post::post(connection, Body::from(body)).await.map(Bytes::from),
            Self::Release => {
                get::release(connection);
                Ok(Bytes::new())
            }
        }
    }
}

/// A connection that a peer has, or had.
#[derive(Clone)]
pub(super) struct RemoteConnection {
    relay: Arc<PeerRelay>,
    node: Arc<str>,
    id: RandomId,
}

impl RemoteConnection {
    pub(super) fn new(relay: Arc<PeerRelay>, node: &str, id: RandomId) -> Self {
        Self { relay, node: node.into(), id }
    }

    /// Relays a GET. There is a response before long, with a ping if with nothing else.
    pub(super) async fn poll(&self, poller: Poller<'_>) -> Reply {
        let settings = self.settings();
        let operation = match poller {
            Poller::Client(t) => Operation::Poll(t.into()),
            Poller::Bridge => Operation::BridgePoll,
        };
        self.request(operation, settings.ping_interval + settings.ping_timeout).await
    }

    /// Relays a POST.
    pub(super) async fn post(&self, body: Bytes) -> Reply {
        self.request(Operation::Post(body), self.settings().ping_timeout).await
    }

    /// Has the waiting GET answered at once.
    async fn release(&self) -> Reply {
        self.request(Operation::Release, self.settings().upgrade_timeout).await
    }

    fn settings(&self) -> &SocketSettings {
        &self.relay.settings
    }

    /// A process that does not respond has no connections.
    async fn request(&self, operation: Operation, within: Duration) -> Reply {
        let reply = self.relay.request(&self.node, self.id, operation, within).await;
        reply.unwrap_or(Err(RequestError::UnknownSession))
    }
}
