//! The memory bus, with the troubles of a network.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use broker::{BusMessage, Error, EventBus, EventSink, LoggedEvent, MemoryBus, Opened};
use event::{ConversationName, Payload, Position};

use crate::gate::Gate;

pub(crate) struct FaultyBus {
    inner: MemoryBus,
    relay: Arc<Relay>,
    subscribed: Mutex<HashSet<ConversationName>>,
    /// Held before the call takes effect.
    pub(crate) subscribe: Gate,
    pub(crate) unsubscribe: Gate,
    pub(crate) open: Gate,
    /// Held between the effect of `open` and its answer.
    pub(crate) opened: Gate,
    /// Held between reading and answering.
    pub(crate) read: Gate,
}

/// Between the memory bus and the hub. One lock, so that the hub is never called twice at a time.
#[derive(Default)]
struct Relay {
    sink: OnceLock<Arc<dyn EventSink>>,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    lost: bool,
    doubled: bool,
    withheld: Option<Vec<(String, LoggedEvent)>>,
}

impl FaultyBus {
    pub(crate) fn new(inner: MemoryBus) -> Arc<Self> {
        Arc::new(Self {
            inner,
            relay: Arc::default(),
            subscribed: Mutex::default(),
            subscribe: Gate::default(),
            unsubscribe: Gate::default(),
            open: Gate::default(),
            opened: Gate::default(),
            read: Gate::default(),
        })
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.relay.sink.get().is_some()
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.relay.trouble.lock().unwrap().lost
    }

    /// Loses the connection while Redis still believes in it: what is published counts as heard.
    pub(crate) fn lose_unnoticed(&self) {
        self.relay.lose();
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
        self.relay.trouble.lock().unwrap().doubled = true;
    }

    /// Live events are late until they are handed over.
    pub(crate) fn withhold(&self) {
        self.relay.trouble.lock().unwrap().withheld.get_or_insert_default();
    }

    pub(crate) fn hand_over(&self) {
        let mut trouble = self.relay.trouble.lock().unwrap();
        for (conversation, event) in trouble.withheld.take().unwrap_or_default() {
            self.relay.sink().deliver(BusMessage::Live { conversation: &conversation, event });
        }
    }

    /// An event from an interceptor of the original.
    pub(crate) fn deliver_foreign(&self, conversation: &ConversationName, payload: Payload) {
        let _trouble = self.relay.trouble.lock().unwrap();
        self.relay.sink().deliver(BusMessage::Foreign { conversation: conversation.as_str(), payload });
    }

    fn names(&self) -> Vec<ConversationName> {
        self.subscribed.lock().unwrap().iter().cloned().collect()
    }

    fn check(&self) -> Result<(), Error> {
        if self.is_lost() { Err(Error::Timeout(Duration::ZERO)) } else { Ok(()) }
    }
}

impl Relay {
    fn sink(&self) -> &dyn EventSink {
        &**self.sink.get().expect("a sink")
    }

    fn lose(&self) {
        let mut trouble = self.trouble.lock().unwrap();
        trouble.lost = true;
        self.sink().deliver(BusMessage::Lost);
    }

    fn restore(&self) {
        let mut trouble = self.trouble.lock().unwrap();
        trouble.lost = false;
        self.sink().deliver(BusMessage::Restored);
    }
}

impl EventSink for Relay {
    fn deliver(&self, message: BusMessage<'_>) {
        let mut trouble = self.trouble.lock().unwrap();
        let BusMessage::Live { conversation, event } = message else { unreachable!("memory brings live events only") };
        if trouble.lost {
            return;
        }
        if let Some(withheld) = &mut trouble.withheld {
            withheld.push((conversation.to_owned(), event));
            return;
        }
        if trouble.doubled {
            self.sink().deliver(BusMessage::Live { conversation, event: event.clone() });
        }
        self.sink().deliver(BusMessage::Live { conversation, event });
    }
}

#[async_trait]
impl EventBus for FaultyBus {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        assert!(self.relay.sink.set(sink).is_ok(), "attached twice");
        self.inner.attach(self.relay.clone());
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.subscribe.pass().await;
        self.check()?;
        self.subscribed.lock().unwrap().insert(conversation.clone());
        self.inner.subscribe(conversation).await
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.unsubscribe.pass().await;
        self.subscribed.lock().unwrap().remove(conversation);
        self.inner.unsubscribe(conversation).await?;
        self.check()
    }

    async fn open(&self, conversation: &ConversationName) -> Result<Opened, Error> {
        self.open.pass().await;
        self.check()?;
        let opened = self.inner.open(conversation).await;
        self.opened.pass().await;
        opened
    }

    async fn mark_unheard(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.check()?;
        self.inner.mark_unheard(conversation, position).await
    }

    async fn read_after(
        &self,
        name: &ConversationName,
        from: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        self.check()?;
        let events = self.inner.read_after(name, from, limit).await;
        self.read.pass().await;
        self.check()?;
        events
    }

    fn is_connected(&self) -> bool {
        !self.is_lost()
    }
}
