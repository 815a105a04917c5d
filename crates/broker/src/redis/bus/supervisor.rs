//! Keeps the bus connected to every server that has slots.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::RedisBus;
use super::session::Post;
use crate::backoff::Backoff;
use crate::redis::servers::{Address, Server};

/// How long after an incomplete answer the servers are asked again.
const RECHECK: Duration = Duration::from_secs(1);

impl RedisBus {
    /// Connects, subscribes again after each loss and watches the connections, until `stop`.
    /// To be run once, as a task of its own. Afterwards the bus reports [`crate::Error::Stopped`].
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.serve_for_ever()).await;
        self.state.stop();
    }

    async fn serve_for_ever(&self) {
        let mut layouts = self.broker.0.servers.layouts();
        let (mut attended, mut posts) = (HashSet::<Address>::new(), FuturesUnordered::new());
        let mut backoff = Backoff::default();
        loop {
            let layout = Arc::clone(&layouts.borrow_and_update());
            self.clock.retain(|address| layout.server(address).is_some());
            for (server, _) in &layout.0 {
                if attended.insert(server.address.clone()) {
                    posts.push(self.attend(Arc::clone(server)));
                }
            }
            tokio::select! {
                _ = layouts.changed() => {}
                Some(left) = posts.next() => {
                    attended.remove(&left);
                }
                () = self.trouble(layout.is_whole()) => self.discover(&mut backoff).await,
            }
        }
    }

    /// Returns when the servers should be asked which slots they have.
    async fn trouble(&self, is_whole: bool) {
        tokio::select! {
            () = self.state.astray.notified() => {}
            () = sleep(RECHECK), if !is_whole => {}
        }
    }

    async fn discover(&self, backoff: &mut Backoff) {
        let servers = &self.broker.0.servers;
        match servers.discover(&servers.layout()).await {
            Ok(()) => backoff.reset(),
            Err(error) => {
                if backoff.is_fresh() {
                    warn!(%error, "no server of the cluster answers");
                }
                self.state.astray.notify_one();
                sleep(backoff.pause()).await;
            }
        }
    }

    /// Stays connected to one server for as long as it has slots; returns where that was.
    async fn attend(&self, server: Arc<Server>) -> Address {
        let layouts = self.broker.0.servers.layouts();
        let mut post = Post { server, layouts, backoff: Backoff::default() };
        while let Some(slots) = post.slots() {
            match self.session(&mut post, &slots).await {
                Ok(()) => warn!(server = %post.server.address, "the subscription to Redis was lost"),
                Err(error) if post.backoff.is_fresh() => {
                    warn!(server = %post.server.address, %error, "no subscription to Redis");
                }
                Err(error) => debug!(%error, "no subscription to Redis"),
            }
            self.state.astray.notify_one();
            sleep(post.backoff.pause()).await;
        }
        post.server.address.clone()
    }
}
