//! Sees in the log that an event was recorded: who pulls is not answered to whoever publishes.

use std::time::Duration;

use broker::{EventBus as _, RedisBroker, RedisBus};
use event::{ConnectorId, ConversationName, Position};
use tokio::time::sleep;

use crate::desktop::number_of;

const PAUSE: Duration = Duration::from_millis(10);
/// Events read at once.
const PAGE: usize = 64;

/// Reads the log of one conversation.
pub(crate) struct Witness {
    bus: RedisBus,
    conversation: ConversationName,
    seen: Position,
}

impl Witness {
    pub(crate) fn new(broker: &RedisBroker, conversation: &str) -> Self {
        let conversation = conversation.parse().expect("a conversation's name");
        Self { bus: broker.bus(ConnectorId::generate()), conversation, seen: Position::START }
    }

    /// Waits until the event of this number is in the log, whatever happens to Redis meanwhile.
    pub(crate) async fn sees(&mut self, number: u64) {
        loop {
            for event in self.bus.read_after(&self.conversation, self.seen, PAGE).await.unwrap_or_default() {
                self.seen = event.position;
                let payload = serde_json::from_slice(&event.payload.json).ok();
                if payload.and_then(|payload| number_of(&payload)) == Some(number) {
                    return;
                }
            }
            sleep(PAUSE).await;
        }
    }
}
