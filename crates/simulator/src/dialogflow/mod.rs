//! A Dialogflow that is good enough for agent desktops: conversations, participants, what is said, and suggestions.
//! What happens is published as notifications. <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview>

mod call;
mod conversation;
mod error;
mod methods;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::Value;

use crate::notification::Notification;
use crate::publisher::Outbox;
use call::Call;
use conversation::Conversation;
pub use error::DialogflowError;

/// Conversations that are remembered; the oldest go first.
const MOST_CONVERSATIONS: usize = 1_000;

/// The state of all conversations.
pub struct Dialogflow {
    conversations: Mutex<BTreeMap<String, Conversation>>,
    feedback: Mutex<BTreeMap<String, Value>>,
    outbox: Outbox,
}

impl Dialogflow {
    /// A Dialogflow without conversations that publishes into `outbox`.
    pub fn new(outbox: Outbox) -> Self {
        Self { conversations: Mutex::default(), feedback: Mutex::default(), outbox }
    }

    /// Takes note of what somebody else publishes, so that it can be asked about: a conversation that begins, and what is
    /// said in it.
    pub fn witness(&self, notification: &Notification) {
        let Some(name) = notification.event["conversation"].as_str() else { return };
        if notification.event["type"] == "CONVERSATION_STARTED" {
            self.conversations().insert(name.to_owned(), Conversation::played(name.to_owned()));
        } else if let Some(conversation) = self.conversations().get_mut(name) {
            conversation.witness(&notification.event);
        }
    }

    /// Its REST API.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(answer).with_state(self)
    }

    fn conversations(&self) -> MutexGuard<'_, BTreeMap<String, Conversation>> {
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feedback(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.feedback.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, notifications: impl IntoIterator<Item = Notification>) {
        for notification in notifications {
            if let Err(error) = self.outbox.put(notification) {
                tracing::warn!(%error, "a notification is not published");
            }
        }
    }
}

async fn answer(State(dialogflow): State<Arc<Dialogflow>>, request: Request) -> Response {
    match Call::read(request).await.and_then(|call| dialogflow.call(&call)) {
        Ok(value) => Json(value).into_response(),
        Err(error) => error.into_response(),
    }
}
