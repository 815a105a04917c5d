//! Plays conversations.

use std::sync::Arc;
use std::time::Duration;

use event::ConversationName;
use server::tasks::TaskSet;
use settings::Reader;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::pubsub::Publisher;
use crate::script::Script;
use crate::variables::{PLAY_CROWD, PLAY_SPEED};

/// Time limit for the event that is being published at shutdown.
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
    pub publisher: Publisher,
    /// What keeps the messages, so that desktops can list them.
    pub dialogflow: Option<Arc<Dialogflow>>,
    pub pace: Pace,
}

impl Player {
    /// Plays every script in a conversation of `project`, again and again until `stop`; and the first one also in
    /// `crowd` further conversations, for load.
    pub async fn play_everything(self, project: String, stop: CancellationToken) {
        let (player, tasks) = (Arc::new(self), TaskSet::default());
        let scripts = Script::all();
        let load = (1..=player.pace.crowd).map(|number| (format!("load-{number}"), scripts[0].1.clone()));
        let named = scripts.iter().map(|(id, script)| ((*id).to_owned(), script.clone())).chain(load);
        for (id, script) in named {
            let Ok(conversation) = format!("projects/{project}/conversations/{id}").parse() else { continue };
            let (player, stop) = (player.clone(), tasks.stop_signal());
            tasks.spawn("player", async move {
                let endless = async {
                    loop {
                        player.play(&script, &conversation).await;
                    }
                };
                stop.run_until_cancelled(endless).await;
            });
        }
        stop.cancelled().await;
        tasks.shut_down(LAST_EVENT).await;
    }

    async fn play(&self, script: &Script, conversation: &ConversationName) {
        for notification in script.notifications(conversation) {
            tokio::time::sleep(notification.pause / u32::try_from(self.pace.speed).unwrap_or(1)).await;
            if let Some(dialogflow) = &self.dialogflow {
                dialogflow.observe(&notification);
            }
            self.publisher.publish(&notification).await;
        }
    }
}
