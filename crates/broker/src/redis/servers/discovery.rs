use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use redis::{Client, RedisError};
use tokio::sync::{Mutex as Turn, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::address::Address;
use super::layout::{self, Layout, Server, Told};
use super::link::Link;
use crate::redis::settings::RedisSettings;
use crate::{Error, Slots};

/// The servers are not asked more often.
const PAUSE: Duration = Duration::from_millis(100);

/// Finds the servers of a cluster, and which slots each of them has.
pub(super) struct Discovery {
    client: Client,
    settings: Arc<RedisSettings>,
    /// The server of the URL.
    seed: Arc<Server>,
    /// Servers that were named by a redirection, and have no slots as far as is known.
    strangers: Mutex<HashMap<Address, Arc<Server>>>,
    /// When the servers were asked last. Who holds it asks; the others wait for the answer.
    asked: Turn<Option<Instant>>,
}

impl Discovery {
    pub(super) fn new(seed: Address, client: Client, settings: Arc<RedisSettings>) -> Self {
        let seed = Server::new(seed, Link::new(client.clone(), Arc::clone(&settings)));
        Self { client, settings, seed, strangers: Mutex::default(), asked: Turn::default() }
    }

    /// Replaces `layout` by what the servers say, unless somebody has done so since it was `seen`, or has begun
    /// to since this was called.
    pub(super) async fn run(&self, layout: &watch::Sender<Arc<Layout>>, seen: &Arc<Layout>) -> Result<(), Error> {
        let called = Instant::now();
        let mut asked = self.asked.lock().await;
        let known = Arc::clone(&layout.borrow());
        if !Arc::ptr_eq(&known, seen) || asked.is_some_and(|asked| asked >= called) {
            return Ok(());
        }
        if let Some(asked) = *asked {
            sleep_until(asked + PAUSE).await;
        }
        *asked = Some(Instant::now());
        let told = self.ask(&known).await?;
        if !known.is_as(&told) {
            info!(servers = told.servers.len(), sound = told.is_sound, "learnt which server of Redis has which slots");
        }
        let servers = told.servers.into_iter().map(|(address, slots)| Ok((self.at(&known, &address)?, slots)));
        let found: Vec<(Arc<Server>, Slots)> = servers.collect::<Result<_, Error>>()?;
        self.strangers.lock().clear();
        // Even if nothing has changed: whoever has given a slot up tries again.
        layout.send_replace(Arc::new(Layout(found)));
        Ok(())
    }

    /// The server at `address`, the known one if there is one.
    pub(super) fn at(&self, layout: &Layout, address: &Address) -> Result<Arc<Server>, Error> {
        if let Some(server) = layout.server(address) {
            return Ok(Arc::clone(server));
        }
        if self.seed.address == *address {
            return Ok(Arc::clone(&self.seed));
        }
        let mut strangers = self.strangers.lock();
        if let Some(server) = strangers.get(address) {
            return Ok(Arc::clone(server));
        }
        let server = self.server(address).map_err(Error::Unavailable)?;
        strangers.insert(address.clone(), Arc::clone(&server));
        Ok(server)
    }

    fn server(&self, address: &Address) -> Result<Arc<Server>, RedisError> {
        let info = self.client.get_connection_info().clone();
        let address_there = address.in_place_of(info.addr());
        let client = Client::open(info.set_addr(address_there))?;
        Ok(Server::new(address.clone(), Link::new(client, Arc::clone(&self.settings))))
    }

    /// Asks all servers at once. The first that sees everything served is believed; otherwise the one that knows
    /// of the latest change.
    async fn ask(&self, layout: &Layout) -> Result<Told, Error> {
        let deadline = Instant::now() + self.settings.response_timeout;
        let servers = layout.0.iter().map(|(server, _)| server);
        let with_seed = servers.chain((layout.server(&self.seed.address).is_none()).then_some(&self.seed));
        let mut answers: FuturesUnordered<_> = with_seed
            .map(|server| {
                let host = &server.address.host;
                server.link.run_until(deadline, false, move |connection| layout::ask(connection, host))
            })
            .collect();
        let (mut best, mut failure) = (None::<Told>, Error::Timeout(self.settings.response_timeout));
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(told) if told.is_sound && !told.servers.is_empty() => return Ok(told),
                Ok(told) if best.as_ref().is_none_or(|best| best.epoch < told.epoch) => best = Some(told),
                Ok(_) => {}
                Err(error) => {
                    debug!(%error, "a server of Redis did not tell which slots it has");
                    failure = error;
                }
            }
        }
        best.filter(|told| !told.servers.is_empty()).ok_or(failure)
    }
}
