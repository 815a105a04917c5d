//! Plays conversations.

use std::sync::Arc;
use std::time::Duration;

use event::ConversationName;
use service::tasks::TaskSet;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::publisher::Publisher;
use crate::script::Script;

/// How long the event that is under way may still take at the end.
const LAST_EVENT: Duration = Duration::from_secs(1);

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
    /// Plays every script that there is in a conversation of `project`, again and again until `stop`; and the first one also in
    /// `crowd` further conversations, for load.
    pub async fn play_everything(self, project: String, crowd: usize, stop: CancellationToken) {
        let (player, tasks) = (Arc::new(self), TaskSet::default());
        let scripts = Script::all().unwrap_or_else(|_| unreachable!("a test reads the scripts"));
        let load = (1..=crowd).map(|number| (format!("load-{number}"), scripts[0].1.clone()));
        let named = scripts.iter().map(|(id, script)| ((*id).to_owned(), script.clone())).chain(load);
        for (id, script) in named {
            let Ok(conversation) = format!("projects/{project}/conversations/{id}").parse() else { continue };
            tasks.spawn("player", player.clone().play_for_ever(script, conversation, tasks.stop_signal()));
        }
        stop.cancelled().await;
        tasks.shut_down(LAST_EVENT).await;
    }

    /// Plays `script` in `conversation` again and again until `stop`.
    pub async fn play_for_ever(
        self: Arc<Self>,
        script: Script,
        conversation: ConversationName,
        stop: CancellationToken,
    ) {
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
