//! Plays conversations.

use std::sync::Arc;
use std::time::Duration;

use event::ConversationName;
use server::tasks::TaskSet;
use settings::Reader;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::publisher::Publisher;
use crate::script::Script;
use crate::variables::{PLAY_CROWD, PLAY_SPEED};

/// How long the event that is under way may still take at the end.
const LAST_EVENT: Duration = Duration::from_secs(1);

/// How much is played, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many times faster than people speak.
    pub speed: usize,
    /// Further conversations that are played at the same time.
    pub crowd: usize,
}

impl Pace {
    pub fn read(env: &mut Reader) -> Self {
        Self { speed: PLAY_SPEED.read(env), crowd: PLAY_CROWD.read(env) }
    }
}

/// Where conversations are played.
pub struct Player {
    /// Who gets the notifications.
    pub publisher: Publisher,
    /// Who takes note of what is said, if somebody does.
    pub dialogflow: Option<Arc<Dialogflow>>,
    /// How much of it, and how fast.
    pub pace: Pace,
}

impl Player {
    /// Plays every script that there is in a conversation of `project`, again and again until `stop`; and the first one also in
    /// `crowd` further conversations, for load.
    pub async fn play_everything(self, project: String, stop: CancellationToken) {
        let (player, tasks) = (Arc::new(self), TaskSet::default());
        let scripts = Script::all().unwrap_or_else(|_| unreachable!("a test reads the scripts"));
        let load = (1..=player.pace.crowd).map(|number| (format!("load-{number}"), scripts[0].1.clone()));
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
            tokio::time::sleep(notification.pause / u32::try_from(self.pace.speed).unwrap_or(1)).await;
            if let Some(dialogflow) = &self.dialogflow {
                dialogflow.witness(&notification);
            }
            self.publisher.publish(&notification).await;
        }
    }
}
