use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName, Position};
use tokio::sync::mpsc;
use tracing::warn;

use super::store::{Ear, Store};
use crate::inbox::Inbox;
use crate::{Courier, Error, EventBus, EventSink, LoggedEvent, Opened, Reach};

/// The event bus of one connector within the process. It is never lost.
pub struct MemoryBus {
    store: Arc<Store>,
    ear: Ear,
    id: ConnectorId,
    inbox: Arc<Inbox>,
}

impl fmt::Debug for MemoryBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBus").finish_non_exhaustive()
    }
}

impl MemoryBus {
    pub(super) fn new(store: Arc<Store>, id: ConnectorId) -> Self {
        let inbox = Arc::default();
        store.lock().inboxes.insert(id.clone(), Arc::clone(&inbox));
        Self { store, ear: Arc::new(OnceLock::new()), id, inbox }
    }
}

impl Drop for MemoryBus {
    fn drop(&mut self) {
        self.store.forget(&self.ear);
        self.store.lock().inboxes.remove(&self.id);
    }
}

#[async_trait]
impl EventBus for MemoryBus {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        if self.ear.set(sink).is_err() {
            warn!("the bus has a sink already; the second one hears nothing");
        }
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.store.listen(conversation, &self.ear);
        Ok(())
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.store.listen_no_longer(conversation, &self.ear);
        Ok(())
    }

    async fn open(&self, conversation: &ConversationName) -> Result<Opened, Error> {
        Ok(self.store.open(conversation))
    }

    async fn mark_unheard(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        self.store.mark_unheard(conversation, position);
        Ok(())
    }

    async fn read_after(
        &self,
        conversation: &ConversationName,
        position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        Ok(self.store.read_after(conversation, position, limit))
    }

    async fn reach(&self, conversation: &ConversationName) -> Result<Reach, Error> {
        Ok(self.store.reach(conversation))
    }

    fn is_connected(&self) -> bool {
        true
    }

    fn serves(&self, _: &ConversationName) -> bool {
        true
    }

    fn now(&self) -> u64 {
        self.store.clock()
    }
}

#[async_trait]
impl Courier for MemoryBus {
    fn letters(&self) -> mpsc::Receiver<Bytes> {
        self.inbox.open()
    }

    async fn send(&self, to: &ConnectorId, letter: &[u8]) -> Result<bool, Error> {
        let inbox = self.store.lock().inboxes.get(to).cloned();
        if let Some(inbox) = &inbox {
            inbox.put(Bytes::copy_from_slice(letter));
        }
        Ok(inbox.is_some())
    }
}
