//! The servers that hold the data, one or a cluster, and the way of a command to the right one.
//!
//! The routing is our own, because events need to know which connection to which server a command took:
//! replicas are asked on the connection that an event was written on, and every loss of a subscription
//! has to be noticed. The cluster connection of the `redis` crate mends itself behind the scenes.

mod address;
mod barrier;
mod connection;
mod detour;
mod discovery;
mod layout;
mod link;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::select_ok;
use redis::{ErrorKind, RedisError, RedisResult};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(super) use address::Address;
pub(super) use connection::Connection;
use detour::Detour;
use discovery::Discovery;
pub(super) use layout::{Layout, Server};
use link::{Link, is_end};

use super::settings::{RedisSettings, SettingsError};
use crate::backoff::Backoff;
use crate::slots::Slot;
use crate::{Error, Slots};

/// With less time left than this, nothing is tried once more: a server that is merely slow to answer
/// would seem to be gone.
const LEAST: Duration = Duration::from_millis(250);

/// All servers.
pub(super) struct Servers {
    pub(super) settings: Arc<RedisSettings>,
    layout: watch::Sender<Arc<Layout>>,
    /// Nothing without a cluster.
    discovery: Option<Discovery>,
}

impl Servers {
    pub(super) fn new(settings: RedisSettings) -> Result<Self, SettingsError> {
        let (client, settings) = (settings.client()?, Arc::new(settings));
        let address = Address::of(client.get_connection_info().addr());
        if settings.cluster {
            let seed = address.ok_or(SettingsError::Cluster)?;
            let discovery = Discovery::new(seed, client, Arc::clone(&settings));
            return Ok(Self { settings, layout: watch::Sender::default(), discovery: Some(discovery) });
        }
        let address = address.unwrap_or_else(|| Address { host: String::new(), port: 0 });
        let server = Server::new(address, Link::new(client, Arc::clone(&settings)));
        let layout = watch::Sender::new(Arc::new(Layout(vec![(server, Slots::all())])));
        Ok(Self { settings, layout, discovery: None })
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.discovery.is_some()
    }

    /// The layout as it is known, and whenever it changes.
    pub(super) fn layouts(&self) -> watch::Receiver<Arc<Layout>> {
        self.layout.subscribe()
    }

    /// Runs `operation`, on the keys of one slot, at the server that has them, within the response timeout.
    /// It runs again if the server has refused it because the slot has moved.
    pub(super) async fn run<T, F: Future<Output = RedisResult<T>>>(
        &self,
        slot: Slot,
        operation: impl Fn(Connection) -> F,
    ) -> Result<T, Error> {
        self.run_until(slot, Instant::now() + self.settings.response_timeout, operation).await
    }

    /// Like [`Servers::run`], for an operation that has waited already.
    pub(super) async fn run_until<T, F: Future<Output = RedisResult<T>>>(
        &self,
        slot: Slot,
        deadline: Instant,
        operation: impl Fn(Connection) -> F,
    ) -> Result<T, Error> {
        let (mut detour, mut redirections, mut pauses) = (None, 0, Backoff::default());
        loop {
            let (server, asking) = self.next(slot, detour.take()).await?;
            let error = match server.link.run_until(deadline, asking, &operation).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Some(next) = self.detour(&server, &error)? else { return Err(error) };
            // The first redirection costs no time: it is where the slot is now.
            if matches!(next, Detour::Wait) || redirections > 0 {
                sleep(pauses.pause()).await;
            }
            if deadline.saturating_duration_since(Instant::now()) < LEAST {
                return Err(error);
            }
            redirections += 1;
            detour = Some(next);
        }
    }

    /// Whether any server answers.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        if self.layout().0.is_empty() {
            self.discover(&self.layout()).await?;
        }
        let layout = self.layout();
        let deadline = Instant::now() + self.settings.response_timeout;
        let ping = |mut connection: Connection| async move { redis::cmd("PING").exec_async(&mut connection).await };
        let pings = layout.0.iter().map(|(server, _)| Box::pin(server.link.run_until(deadline, false, ping)));
        select_ok(pings).await.map(|_| ())
    }

    /// Has the servers asked which of them has which slots, as something shows that `seen` is out of date.
    pub(super) async fn discover(&self, seen: &Arc<Layout>) -> Result<(), Error> {
        match &self.discovery {
            Some(discovery) => discovery.run(&self.layout, seen).await,
            None => Ok(()),
        }
    }

    pub(super) fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.layout.borrow())
    }

    /// What to do about `error`, if the servers form a cluster and it comes from that.
    fn detour(&self, server: &Server, error: &Error) -> Result<Option<Detour>, Error> {
        let detour = Detour::of(error, &server.address);
        if self.discovery.is_none() {
            return if detour.is_some() { Err(Error::Cluster) } else { Ok(None) };
        }
        // A server that refuses for other reasons, as it is full, has its slots all the same.
        let may_have_gone = match error {
            Error::Timeout(_) => true,
            Error::Unavailable(error) => is_end(error),
            _ => false,
        };
        if may_have_gone || matches!(detour, Some(Detour::Moved(_) | Detour::Wait)) {
            server.doubt();
        }
        Ok(detour)
    }

    /// The server to ask, and whether it has to be told that the slot is on its way.
    async fn next(&self, slot: Slot, detour: Option<Detour>) -> Result<(Arc<Server>, bool), Error> {
        match (detour, &self.discovery) {
            (Some(Detour::Ask(address)), Some(discovery)) => Ok((discovery.at(&self.layout(), &address)?, true)),
            (Some(Detour::Moved(Some(address))), Some(discovery)) => {
                Ok((discovery.at(&self.layout(), &address)?, false))
            }
            _ => Ok((self.owner(slot).await?, false)),
        }
    }

    async fn owner(&self, slot: Slot) -> Result<Arc<Server>, Error> {
        let layout = self.layout();
        match layout.owner(slot) {
            Some(server) if !server.suspect.swap(false, Ordering::Relaxed) => return Ok(Arc::clone(server)),
            _ => self.discover(&layout).await?,
        }
        let nobody = || RedisError::from((ErrorKind::Client, "no server of the cluster has the slot"));
        self.layout().owner(slot).cloned().ok_or_else(|| Error::Unavailable(nobody()))
    }
}
