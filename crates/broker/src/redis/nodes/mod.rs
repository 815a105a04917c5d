//! The nodes that hold the data, one or a cluster, and the routing of commands.
//!
//! The routing is our own, because events need to know which connection to which node a command took:
//! replicas are asked on the connection that an event was written on, and every loss of a subscription
//! has to be noticed. The cluster connection of the `redis` crate reconnects transparently.

mod address;
mod connection;
mod discovery;
mod node_connection;
mod redirect;
mod replication;
mod slot_map;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::select_ok;
use redis::{ErrorKind, RedisError, RedisResult};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(super) use address::Address;
pub(super) use connection::CommandConnection;
use discovery::Discovery;
use node_connection::{NodeConnection, is_end};
use redirect::Redirect;
pub(super) use slot_map::{Node, SlotMap};

use super::settings::{RedisSettings, SettingsError};
use crate::backoff::Backoff;
use crate::slots::Slot;
use crate::{Error, Slots};

/// With less time left, a command is not tried again: a node that is merely slow would seem to be gone.
const LEAST: Duration = Duration::from_millis(250);

/// All nodes.
pub(super) struct Nodes {
    pub(super) settings: Arc<RedisSettings>,
    slot_map: watch::Sender<Arc<SlotMap>>,
    /// Nothing without a cluster.
    discovery: Option<Discovery>,
}

impl Nodes {
    pub(super) fn new(settings: RedisSettings) -> Result<Self, SettingsError> {
        let (client, settings) = (settings.client()?, Arc::new(settings));
        let address = Address::of(client.get_connection_info().addr());
        if settings.cluster {
            let seed = address.ok_or(SettingsError::Cluster)?;
            let discovery = Discovery::new(seed, client, Arc::clone(&settings));
            return Ok(Self { settings, slot_map: watch::Sender::default(), discovery: Some(discovery) });
        }
        let address = address.unwrap_or_else(|| Address { host: String::new(), port: 0 });
        let node = Node::new(address, NodeConnection::new(client, Arc::clone(&settings)));
        let slot_map = watch::Sender::new(Arc::new(SlotMap(vec![(node, Slots::all())])));
        Ok(Self { settings, slot_map, discovery: None })
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.discovery.is_some()
    }

    /// The slot map as it is known, and whenever it changes.
    pub(super) fn slot_maps(&self) -> watch::Receiver<Arc<SlotMap>> {
        self.slot_map.subscribe()
    }

    /// Runs `operation`, on the keys of one slot, at the node that has them, within the response timeout.
    /// It runs again if the node has refused it because the slot has moved.
    pub(super) async fn run<T, F: Future<Output = RedisResult<T>>>(
        &self,
        slot: Slot,
        operation: impl Fn(CommandConnection) -> F,
    ) -> Result<T, Error> {
        self.run_until(slot, Instant::now() + self.settings.response_timeout, operation).await
    }

    /// Like [`Nodes::run`], for an operation that has waited already.
    pub(super) async fn run_until<T, F: Future<Output = RedisResult<T>>>(
        &self,
        slot: Slot,
        deadline: Instant,
        operation: impl Fn(CommandConnection) -> F,
    ) -> Result<T, Error> {
        let (mut redirect, mut redirections, mut pauses) = (None, 0, Backoff::default());
        loop {
            let (node, asking) = self.next(slot, redirect.take()).await?;
            let error = match node.connection.run_until(deadline, asking, &operation).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Some(next) = self.redirect(&node, &error)? else { return Err(error) };
            // The first redirection costs no time: it is where the slot is now.
            if matches!(next, Redirect::Wait) || redirections > 0 {
                sleep(pauses.pause()).await;
            }
            if deadline.saturating_duration_since(Instant::now()) < LEAST {
                return Err(error);
            }
            redirections += 1;
            redirect = Some(next);
        }
    }

    /// Whether any node answers.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        if self.slot_map().0.is_empty() {
            self.discover(&self.slot_map()).await?;
        }
        let slot_map = self.slot_map();
        let deadline = Instant::now() + self.settings.response_timeout;
        let ping =
            |mut connection: CommandConnection| async move { redis::cmd("PING").exec_async(&mut connection).await };
        let pings = slot_map.0.iter().map(|(node, _)| Box::pin(node.connection.run_until(deadline, false, ping)));
        select_ok(pings).await.map(|_| ())
    }

    /// Reads the slot map again, because `seen` is out of date.
    pub(super) async fn discover(&self, seen: &Arc<SlotMap>) -> Result<(), Error> {
        match &self.discovery {
            Some(discovery) => discovery.run(&self.slot_map, seen).await,
            None => Ok(()),
        }
    }

    pub(super) fn slot_map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.slot_map.borrow())
    }

    /// What to do about `error`, if the nodes form a cluster and it comes from that.
    fn redirect(&self, node: &Node, error: &Error) -> Result<Option<Redirect>, Error> {
        let redirect = Redirect::of(error, &node.address);
        if self.discovery.is_none() {
            return if redirect.is_some() { Err(Error::Cluster) } else { Ok(None) };
        }
        // A node that refuses for other reasons, for instance because it is full, keeps its slots.
        let may_have_gone = match error {
            Error::Timeout(_) => true,
            Error::Unavailable(error) => is_end(error),
            _ => false,
        };
        if may_have_gone || matches!(redirect, Some(Redirect::Moved(_) | Redirect::Wait)) {
            node.doubt();
        }
        Ok(redirect)
    }

    /// Returns the node to ask, and whether ASKING must be sent because the slot is being moved to it.
    async fn next(&self, slot: Slot, redirect: Option<Redirect>) -> Result<(Arc<Node>, bool), Error> {
        match (redirect, &self.discovery) {
            (Some(Redirect::Ask(address)), Some(discovery)) => Ok((discovery.at(&self.slot_map(), &address)?, true)),
            (Some(Redirect::Moved(Some(address))), Some(discovery)) => {
                Ok((discovery.at(&self.slot_map(), &address)?, false))
            }
            _ => Ok((self.owner(slot).await?, false)),
        }
    }

    async fn owner(&self, slot: Slot) -> Result<Arc<Node>, Error> {
        let slot_map = self.slot_map();
        match slot_map.owner(slot) {
            Some(node) if !node.suspect.swap(false, Ordering::Relaxed) => return Ok(Arc::clone(node)),
            _ => self.discover(&slot_map).await?,
        }
        let unassigned = || RedisError::from((ErrorKind::Client, "no node of the cluster has the slot"));
        self.slot_map().owner(slot).cloned().ok_or_else(|| Error::Unavailable(unassigned()))
    }
}
