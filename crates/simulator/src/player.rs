//! Plays conversations.

use std::sync::Arc;

use event::ConversationName;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::publisher::Publisher;
use crate::script::Script;

/// The id of the conversation that the connector's page joins by itself when everybody may register.
pub const CONVERSATION: &str = "demo-conversation";

/// Where conversations are played.
pub struct Player {
    /// Who gets the notifications.
    pub publisher: Publisher,
    /// Who takes note of what is said, if somebody does.
    pub dialogflow: Option<Arc<Dialogflow>>,
    /// How many times faster than people speak.
    pub speed: f64,
}

impl Player {
    /// Plays `script` in `conversation` again and again until `stop`.
    pub async fn play_for_ever(self, script: Script, conversation: ConversationName, stop: CancellationToken) {
        let endless = async {
            loop {
                self.play(&script, &conversation).await;
            }
        };
        tokio::select! {
            () = endless => {}
            () = stop.cancelled() => {}
        }
    }

    /// Plays `script` once.
    pub async fn play(&self, script: &Script, conversation: &ConversationName) {
        for notification in script.notifications(conversation) {
            tokio::time::sleep(notification.pause.div_f64(self.speed)).await;
            if let Some(dialogflow) = &self.dialogflow {
                dialogflow.witness(&notification);
            }
            self.publisher.publish(&notification).await;
        }
    }
}
