use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConnectorId, ConversationName};
use tokio::sync::mpsc;
use tracing::warn;

use super::store::{SinkSlot, Store};
use crate::mailbox::Mailbox;
use crate::{Error, EventSink, Messenger, Subscriber};

/// The subscriber of one connector within the process. Its connection is never lost.
pub struct MemorySubscriber {
    store: Arc<Store>,
    sink: SinkSlot,
    id: ConnectorId,
    inbox: Arc<Mailbox>,
}

impl fmt::Debug for MemorySubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySubscriber").finish_non_exhaustive()
    }
}

impl MemorySubscriber {
    pub(super) fn new(store: Arc<Store>, id: ConnectorId) -> Self {
        let inbox = Arc::default();
        store.lock().mailboxes.insert(id.clone(), Arc::clone(&inbox));
        Self { store, sink: Arc::new(OnceLock::new()), id, inbox }
    }
}

impl Drop for MemorySubscriber {
    fn drop(&mut self) {
        self.store.forget(&self.sink);
        self.store.lock().mailboxes.remove(&self.id);
    }
}

#[async_trait]
impl Subscriber for MemorySubscriber {
    fn attach(&self, sink: Arc<dyn EventSink>) {
        if self.sink.set(sink).is_err() {
            warn!("event sink already attached; ignored the second one");
        }
    }

    async fn subscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.store.subscribe(conversation, &self.sink);
        Ok(())
    }

    async fn unsubscribe(&self, conversation: &ConversationName) -> Result<(), Error> {
        self.store.unsubscribe(conversation, &self.sink);
        Ok(())
    }

    fn is_connected(&self) -> bool {
        true
    }

    fn is_live(&self, _: &ConversationName) -> bool {
        true
    }

    fn now(&self) -> u64 {
        self.store.clock()
    }
}

#[async_trait]
impl Messenger for MemorySubscriber {
    fn peer_messages(&self) -> mpsc::Receiver<Bytes> {
        self.inbox.open()
    }

    async fn send(&self, to: &ConnectorId, message: &[u8]) -> Result<bool, Error> {
        let inbox = self.store.lock().mailboxes.get(to).cloned();
        if let Some(inbox) = &inbox {
            inbox.put(Bytes::copy_from_slice(message));
        }
        Ok(inbox.is_some())
    }
}
