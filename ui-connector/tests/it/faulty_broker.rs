//! The broker in memory, with the faults of a network.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use broker::{
    Error, EventSink, Incoming, LogBounds, LogHead, LogReader, LoggedEvent, MemoryBroker, MemorySubscriber, Subscriber,
};
use event::{ConversationName, Payload, Position};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::relay::Relay;

pub(crate) struct FaultyBroker {
    log: MemoryBroker,
    subscriber: MemorySubscriber,
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

impl FaultyBroker {
    pub(crate) fn new(log: MemoryBroker, subscriber: MemorySubscriber) -> Arc<Self> {
        Arc::new(Self {
            log,
            subscriber,
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
            self.subscriber.unsubscribe(&name).await.unwrap();
        }
    }

    pub(crate) async fn restore(&self) {
        for name in self.names() {
            self.subscriber.subscribe(&name).await.unwrap();
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
        self.relay.pass_on(Incoming::Foreign { conversation: conversation.as_str(), payload });
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
impl Subscriber for FaultyBroker {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        self.relay.attach(sink);
        self.subscriber.attach(self.relay.clone());
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.subscribe.pass().await;
        self.check()?;
        self.subscribed.lock().insert(conversation.clone());
        self.subscriber.subscribe(conversation).await
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.unsubscribe.pass().await;
        self.subscribed.lock().remove(conversation);
        self.subscriber.unsubscribe(conversation).await?;
        self.check()
    }

    fn is_live(&self, _: &ConversationName) -> bool {
        self.is_connected()
    }

    fn is_connected(&self) -> bool {
        !self.is_lost()
    }

    fn now(&self) -> u64 {
        self.subscriber.now()
    }
}

#[async_trait]
impl LogReader for FaultyBroker {
    async fn open(&self, conversation: &ConversationName) -> Result<LogHead, Error> {
        self.open.pass().await;
        self.check_commands()?;
        let opened = self.log.open(conversation).await;
        self.opened.pass().await;
        opened
    }

    async fn mark_undelivered(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.check_commands()?;
        self.log.mark_undelivered(conversation, position).await
    }

    async fn read_after(
        &self,
        name: &ConversationName,
        from: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        self.check_commands()?;
        let events = self.log.read_after(name, from, limit).await;
        self.read.pass().await;
        self.check_commands()?;
        events
    }

    async fn bounds(&self, name: &ConversationName) -> Result<LogBounds, Error> {
        self.check_commands()?;
        self.log.bounds(name).await
    }
}
