//! A Dialogflow with what agent desktops need: conversations, participants, messages and suggestions. Changes are
//! published as notifications. <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview>

mod call;
mod conversation;
mod methods;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::Value;

use crate::notification::Notification;
use crate::pubsub::Outbox;
use call::Call;
use conversation::Conversation;

/// Conversations that are remembered; the oldest go first.
const MOST_CONVERSATIONS: usize = 1_000;

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

    /// Keeps what a player publishes, so that desktops can read it: a conversation that begins, and its messages.
    pub fn observe(&self, notification: &Notification) {
        let Some(name) = notification.event["conversation"].as_str() else { return };
        if notification.event["type"] == "CONVERSATION_STARTED" {
            self.conversations.lock().insert(name.to_owned(), Conversation::played(name.to_owned()));
        } else if let Some(conversation) = self.conversations.lock().get_mut(name) {
            conversation.observe(&notification.event);
        }
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(answer).with_state(self)
    }

    fn publish(&self, notifications: impl IntoIterator<Item = Notification>) {
        for notification in notifications {
            if let Err(error) = self.outbox.put(notification) {
                tracing::warn!(%error, "failed to publish a notification; desktops miss it");
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
