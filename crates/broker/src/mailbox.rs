use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::warn;

/// Peer messages that may wait to be read.
const MOST: usize = 1024;

/// Messages of other connectors that wait to be read.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Option<mpsc::Sender<Bytes>>>);

impl Mailbox {
    /// Begins to keep messages, for the last receiver that was opened.
    pub(crate) fn open(&self) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(MOST);
        *self.0.lock() = Some(sender);
        receiver
    }

    pub(crate) fn put(&self, message: Bytes) {
        let inbox = self.0.lock();
        if let Some(sender) = &*inbox
            && let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(message)
        {
            warn!("dropped a message of another connector; its mailbox is full");
        }
    }
}
