//! How notifications get to the interceptor: pushed by ourselves, or through the real Pub/Sub emulator.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event::EventKind;
use reqwest::Client;
use serde_json::json;
use tokio::sync::mpsc;

use crate::notification::Notification;
use crate::pubsub::{Message, PushSubscription};

/// Notifications that may wait to be delivered.
const MOST_WAITING: usize = 10_000;
/// How long the emulator may take, and how soon it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);

/// Where notifications go.
#[derive(Debug)]
pub enum Publisher {
    /// To an interceptor, in the place of Pub/Sub.
    Push(PushSubscription),
    /// To topics of the Pub/Sub emulator.
    Emulator(Topics),
}

/// The topics of one project in the emulator.
#[derive(Debug)]
pub struct Topics {
    http: Client,
    /// `http://HOST:PORT/v1/projects/PROJECT/topics`.
    base: String,
}

impl Topics {
    /// Topics of `project` in the emulator at `host`, such as `localhost:8085`.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(host: &str, project: &str) -> reqwest::Result<Self> {
        let http = Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { http, base: format!("http://{host}/v1/projects/{project}/topics") })
    }

    /// Publishes until the emulator has taken it.
    pub async fn publish(&self, notification: &Notification) {
        let url = format!("{}/{}:publish", self.base, topic(notification.kind));
        let data = BASE64_STANDARD.encode(notification.event.to_string());
        let body = json!({"messages": [{"data": data, "attributes": notification.attributes}]});
        loop {
            let answer = self.http.post(&url).json(&body).send().await.and_then(reqwest::Response::error_for_status);
            let Err(error) = answer else { return };
            tracing::warn!(%error, "the emulator has not taken a message, will be tried again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The topic of a kind of event, as the deployment names it.
pub fn topic(kind: EventKind) -> &'static str {
    match kind {
        EventKind::HumanAgentAssistant => "aa-new-suggestion-topic",
        EventKind::NewMessage => "aa-new-message-topic",
        EventKind::ConversationLifecycle => "aa-conversation-event-topic",
        EventKind::NewRecognitionResult => "aa-intermediate-transcript-topic",
    }
}

impl Publisher {
    /// Returns when the notification has been taken.
    pub async fn publish(&self, notification: &Notification) {
        match self {
            Self::Push(subscription) => subscription.deliver(&Message::publish(notification)).await,
            Self::Emulator(topics) => topics.publish(notification).await,
        }
    }
}

/// Takes notifications without waiting; they are delivered one after the other.
#[derive(Debug, Clone)]
pub struct Outbox(mpsc::Sender<Notification>);

impl Outbox {
    /// An outbox, and the task that empties it for as long as there is one.
    pub fn new(publisher: Publisher) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, mut receiver) = mpsc::channel(MOST_WAITING);
        let deliver = async move {
            while let Some(notification) = receiver.recv().await {
                publisher.publish(&notification).await;
            }
        };
        (Self(sender), deliver)
    }

    /// Puts a notification in.
    ///
    /// # Errors
    /// It is full.
    pub fn put(&self, notification: Notification) -> io::Result<()> {
        self.0.try_send(notification).map_err(|_| io::Error::other("too many notifications wait"))
    }
}
