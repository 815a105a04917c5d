//! Many desktops that stay connected.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::task::JoinSet;

use super::{Desktop, DesktopError, Login, Observer, TokenPool};
use crate::report::progress;

/// Desktops that connect at the same time.
const CONNECTING: usize = 64;

/// Addresses of this machine that desktops connect from, as one has ports for only 28,000 of them.
const SOURCES: usize = 64;

/// What a fleet consists of.
pub struct FleetPlan<F> {
    /// The connector.
    pub server: SocketAddr,
    /// Tokens to present.
    pub tokens: Arc<TokenPool>,
    /// How many desktops.
    pub desktops: usize,
    /// The conversation that the desktop with this index joins.
    pub conversation: F,
}

/// Connected desktops; dropping it disconnects them all.
pub struct Fleet {
    /// What they have seen.
    pub observer: Arc<Observer>,
    _watching: JoinSet<()>,
}

impl Fleet {
    /// Connects all desktops.
    ///
    /// # Errors
    /// When one of them cannot connect or join.
    pub async fn connect<F>(plan: FleetPlan<F>) -> Result<Self, DesktopError>
    where
        F: Fn(usize) -> Option<String>,
    {
        let observer = Arc::new(Observer::new(plan.desktops));
        let mut connecting = JoinSet::new();
        let mut watching = JoinSet::new();
        let mut waiting = 0..plan.desktops;
        loop {
            while connecting.len() < CONNECTING
                && let Some(index) = waiting.next()
            {
                let conversation = (plan.conversation)(index);
                connecting.spawn(connect(plan.server, Arc::clone(&plan.tokens), index, conversation));
            }
            let Some(connected) = connecting.join_next().await else {
                break;
            };
            // A panic in a task is a defect of this program: it goes on here.
            let (index, desktop) = connected.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
            watching.spawn(watch(index, desktop, Arc::clone(&observer)));
        }
        Ok(Self { observer, _watching: watching })
    }
}

/// The address from which the desktop with this index connects.
pub fn source_address(index: usize) -> SocketAddr {
    let last = u8::try_from(index % SOURCES).unwrap_or_default() + 1;
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))
}

async fn connect(
    server: SocketAddr,
    tokens: Arc<TokenPool>,
    index: usize,
    conversation: Option<String>,
) -> Result<(usize, Desktop), DesktopError> {
    let login = Login {
        server,
        source: Some(source_address(index)),
        token: tokens.get(index),
        conversation: conversation.as_deref(),
    };
    Ok((index, Desktop::connect(login).await?))
}

async fn watch(index: usize, desktop: Desktop, observer: Arc<Observer>) {
    let reason = desktop.watch(|marker| observer.arrived(index, marker)).await;
    if observer.disconnected() == 0 {
        progress(&format!("desktop {index} was the first to lose its connection: {reason:?}"));
    }
}
