//! The memory bus, with the troubles of a network.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use broker::{BusMessage, Error, EventBus, EventSink, LoggedEvent, MemoryBus, Opened, Reach};
use event::{ConversationName, Payload, Position};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::relay::Relay;

pub(crate) struct FaultyBus {
    inner: MemoryBus,
    relay: Arc<Relay>,
    subscribed: Mutex<HashSet<ConversationName>>,
    /// Commands go on while the subscription is lost: they have a connection of their own.
    only_subscription: AtomicBool,
    /// Held before the call takes effect.
    pub(crate) subscribe: Gate,
    pub(crate) unsubscribe: Gate,
    pub(crate) open: Gate,
    /// Held between the effect of `open` and its answer.
    pub(crate) opened: Gate,
    /// Held between reading and answering.
    pub(crate) read: Gate,
}

impl FaultyBus {
    pub(crate) fn new(inner: MemoryBus) -> Arc<Self> {
        Arc::new(Self {
            inner,
            relay: Arc::default(),
            subscribed: Mutex::default(),
            only_subscription: AtomicBool::new(false),
            subscribe: Gate::default(),
            unsubscribe: Gate::default(),
            open: Gate::default(),
            opened: Gate::default(),
            read: Gate::default(),
        })
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.relay.is_attached()
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.relay.is_lost()
    }

    /// Loses the connection while Redis still believes in it: what is published counts as heard.
    pub(crate) fn lose_unnoticed(&self) {
        self.relay.lose();
    }

    /// Whether commands go on when the subscription is lost.
    pub(crate) fn lose_only_subscription(&self, only: bool) {
        self.only_subscription.store(only, Ordering::SeqCst);
    }

    /// Loses the connection, and Redis ends the subscriptions.
    pub(crate) async fn lose(&self) {
        self.relay.lose();
        for name in self.names() {
            self.inner.unsubscribe(&name).await.unwrap();
        }
    }

    pub(crate) async fn restore(&self) {
        for name in self.names() {
            self.inner.subscribe(&name).await.unwrap();
        }
        self.relay.restore();
    }

    /// Live events are delivered twice from now on.
    pub(crate) fn double(&self) {
        self.relay.double();
    }

    /// Live events are late until they are handed over.
    pub(crate) fn withhold(&self) {
        self.relay.withhold();
    }

    pub(crate) fn hand_over(&self) {
        self.relay.hand_over();
    }

    /// An event from an interceptor of the original.
    pub(crate) fn deliver_foreign(&self, conversation: &ConversationName, payload: Payload) {
        self.relay.pass_on(BusMessage::Foreign { conversation: conversation.as_str(), payload });
    }

    fn names(&self) -> Vec<ConversationName> {
        self.subscribed.lock().iter().cloned().collect()
    }

    fn check_commands(&self) -> Result<(), Error> {
        if self.only_subscription.load(Ordering::SeqCst) { Ok(()) } else { self.check() }
    }

    fn check(&self) -> Result<(), Error> {
        if self.is_lost() { Err(Error::Timeout(Duration::ZERO)) } else { Ok(()) }
    }
}

#[async_trait]
impl EventBus for FaultyBus {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        self.relay.attach(sink);
        self.inner.attach(self.relay.clone());
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.subscribe.pass().await;
        self.check()?;
        self.subscribed.lock().insert(conversation.clone());
        self.inner.subscribe(conversation).await
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.unsubscribe.pass().await;
        self.subscribed.lock().remove(conversation);
        self.inner.unsubscribe(conversation).await?;
        self.check()
    }

    async fn open(&self, conversation: &ConversationName) -> Result<Opened, Error> {
        self.open.pass().await;
        self.check_commands()?;
        let opened = self.inner.open(conversation).await;
        self.opened.pass().await;
        opened
    }

    async fn mark_unheard(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.check_commands()?;
        self.inner.mark_unheard(conversation, position).await
    }

    async fn read_after(
        &self,
        name: &ConversationName,
        from: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        self.check_commands()?;
        let events = self.inner.read_after(name, from, limit).await;
        self.read.pass().await;
        self.check_commands()?;
        events
    }

    async fn reach(&self, name: &ConversationName) -> Result<Reach, Error> {
        self.check_commands()?;
        self.inner.reach(name).await
    }

    fn serves(&self, _: &ConversationName) -> bool {
        self.is_connected()
    }

    fn is_connected(&self) -> bool {
        !self.is_lost()
    }

    fn now(&self) -> u64 {
        self.inner.now()
    }
}
