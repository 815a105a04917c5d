use event::ConversationName;
use lru::LruCache;
use parking_lot::Mutex;

/// Receipts that are remembered; further ones replace the oldest.
const MAX: usize = 10_000;

/// Receipts under which an undelivered mark may have been taken without an answer. The next attempt to
/// open the conversation presents the same one.
#[derive(Debug)]
pub(super) struct Receipts(Mutex<LruCache<ConversationName, u64>>);

impl Receipts {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }

    /// The receipt for an attempt to take the mark of `conversation`.
    pub(super) fn of<'a>(&'a self, conversation: &'a ConversationName) -> Receipt<'a> {
        let unanswered = self.0.lock().pop(conversation);
        Receipt { receipts: self, conversation, number: unanswered.unwrap_or_else(rand::random), answered: false }
    }
}

/// One attempt. It counts as unanswered, also if it fails or is dropped, until [`answered`](Self::answered) is called.
pub(super) struct Receipt<'a> {
    receipts: &'a Receipts,
    conversation: &'a ConversationName,
    number: u64,
    answered: bool,
}

impl Receipt<'_> {
    /// How Redis knows it.
    pub(super) fn text(&self) -> String {
        format!("{:016x}", self.number)
    }

    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Receipt<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let mut unanswered = self.receipts.0.lock();
            unanswered.put(self.conversation.clone(), self.number);
            if unanswered.len() > MAX {
                unanswered.pop_lru();
            }
        }
    }
}
