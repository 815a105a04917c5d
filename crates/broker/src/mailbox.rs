use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::warn;

/// How many peer messages may wait to be read.
const MOST: usize = 1024;

/// Where peer messages of other connectors wait for whoever reads them.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Option<mpsc::Sender<Bytes>>>);

impl Mailbox {
    /// Begins to keep peer messages, for whoever has opened it last.
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
            warn!("a message of another connector was dropped, as too many wait");
        }
    }
}
