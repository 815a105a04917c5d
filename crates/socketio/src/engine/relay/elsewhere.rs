use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    Relay,
    letter::{Answer, Request},
};
use crate::{
    engine::{Id, refusal::Refusal},
    settings::Settings,
};

/// A session that another process has, or once had.
#[derive(Clone)]
pub(crate) struct Elsewhere {
    relay: Arc<dyn Relay>,
    node: Arc<str>,
    id: Id,
    pub(super) settings: Arc<Settings>,
}

impl Elsewhere {
    pub(crate) fn new(relay: Arc<dyn Relay>, node: &str, id: Id, settings: Arc<Settings>) -> Self {
        Self { relay, node: node.into(), id, settings }
    }

    /// What waits for the client. There is always something before long, a ping if nothing else.
    pub(super) async fn poll(&self) -> Result<Bytes, Refusal> {
        self.ask(&Request::Poll(self.id), self.settings.ping_interval + self.settings.ping_timeout).await
    }

    pub(super) async fn post(&self, body: Bytes) -> Result<Bytes, Refusal> {
        self.ask(&Request::Post(self.id, body), self.settings.ping_timeout).await
    }

    pub(super) async fn interrupt(&self) -> Result<Bytes, Refusal> {
        self.ask(&Request::Interrupt(self.id), self.settings.upgrade_timeout).await
    }

    /// A process that is gone knows no session.
    async fn ask(&self, request: &Request, within: Duration) -> Result<Bytes, Refusal> {
        let answer = self.relay.ask(&self.node, request.write(), within).await;
        answer.map_or(Err(Refusal::UnknownSession), |answer| Answer::read(&answer).0)
    }
}
