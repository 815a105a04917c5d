//! Cloud Pub/Sub in two forms: push requests to an interceptor, or the topics of the real emulator.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use broker::Backoff;
use bytes::Bytes;
use event::EventKind;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;

use crate::notification::Notification;

/// The default acknowledgement deadline of a subscription, and how long the emulator may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two deliveries of a message, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// Maximum number of notifications that wait to be delivered.
const MOST_WAITING: usize = 10_000;

/// A published message. Each delivery of it is the same.
#[derive(Debug, Clone)]
pub struct PublishedMessage {
    kind: EventKind,
    body: Bytes,
}

impl PublishedMessage {
    /// Publishes a notification, under an id of its own.
    pub fn publish(notification: &Notification) -> Self {
        let id = rand::random::<u64>().to_string();
        let published = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let body = json!({
            "message": {
                "data": data(notification),
                "attributes": notification.attributes,
                "messageId": id, "message_id": id,
                "publishTime": published, "publish_time": published,
            },
            "subscription": "projects/simulator/subscriptions/aa-sub",
        });
        Self { kind: notification.kind, body: body.to_string().into() }
    }
}

/// Pushes messages to one interceptor.
#[derive(Debug)]
pub struct PushSubscription {
    http: Client,
    endpoint: String,
}

impl PushSubscription {
    /// Pushes to the interceptor at `endpoint`, such as `http://localhost:8081`.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(endpoint: impl Into<String>) -> reqwest::Result<Self> {
        Ok(Self { http: client()?, endpoint: endpoint.into() })
    }

    /// Delivers a message again and again until it is acknowledged.
    pub async fn deliver(&self, message: &PublishedMessage) {
        until_acknowledged(|| self.request(message)).await;
    }

    /// Delivers a message once; returns the status of the response.
    ///
    /// # Errors
    /// If there is none within the acknowledgement deadline.
    pub async fn push(&self, message: &PublishedMessage) -> reqwest::Result<StatusCode> {
        Ok(self.request(message).send().await?.status())
    }

    fn request(&self, message: &PublishedMessage) -> RequestBuilder {
        let url = format!("{}/{}", self.endpoint, message.kind);
        self.http.post(url).header("content-type", "application/json").body(message.body.clone())
    }
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
        Ok(Self { http: client()?, base: format!("http://{host}/v1/projects/{project}/topics") })
    }

    /// Publishes again and again until the emulator has accepted the message.
    pub async fn publish(&self, notification: &Notification) {
        let url = format!("{}/{}:publish", self.base, topic(notification.kind));
        let body = json!({"messages": [{"data": data(notification), "attributes": notification.attributes}]});
        until_acknowledged(|| self.http.post(&url).json(&body)).await;
    }
}

/// Returns the topic of a kind of event, as the deployment names it.
pub fn topic(kind: EventKind) -> &'static str {
    match kind {
        EventKind::HumanAgentAssistant => "aa-new-suggestion-topic",
        EventKind::NewMessage => "aa-new-message-topic",
        EventKind::ConversationLifecycle => "aa-conversation-event-topic",
        EventKind::NewRecognitionResult => "aa-intermediate-transcript-topic",
    }
}

fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(PATIENCE).no_proxy().build()
}

fn data(notification: &Notification) -> String {
    BASE64_STANDARD.encode(notification.event.to_string())
}

/// Sends a request until a response acknowledges it (<https://cloud.google.com/pubsub/docs/push#receive_push>).
async fn until_acknowledged(request: impl Fn() -> RequestBuilder) {
    let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
    loop {
        match request().send().await.map(|response| response.status()) {
            Ok(status) if matches!(status.as_u16(), 102 | 200 | 201 | 202 | 204) => return,
            Ok(status) => tracing::warn!(%status, "a message was not acknowledged; delivering it again"),
            Err(error) => tracing::warn!(%error, "failed to deliver a message; trying again"),
        }
        tokio::time::sleep(backoff.pause()).await;
    }
}

/// Where notifications go.
#[derive(Debug)]
pub enum Publisher {
    /// To an interceptor, in the place of Pub/Sub.
    Push(PushSubscription),
    /// To topics of the Pub/Sub emulator.
    Emulator(Topics),
}

impl Publisher {
    /// Returns when the notification has been accepted.
    pub async fn publish(&self, notification: &Notification) {
        match self {
            Self::Push(subscription) => subscription.deliver(&PublishedMessage::publish(notification)).await,
            Self::Emulator(topics) => topics.publish(notification).await,
        }
    }
}

/// Accepts notifications without waiting; they are delivered one after the other.
#[derive(Debug, Clone)]
pub struct Outbox(mpsc::Sender<Notification>);

impl Outbox {
    /// Returns an outbox, and the task that empties it for as long as it exists.
    pub fn new(subscription: PushSubscription) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, mut receiver) = mpsc::channel(MOST_WAITING);
        let deliver = async move {
            while let Some(notification) = receiver.recv().await {
                subscription.deliver(&PublishedMessage::publish(&notification)).await;
            }
        };
        (Self(sender), deliver)
    }

    /// # Errors
    /// It is full.
    pub fn put(&self, notification: Notification) -> io::Result<()> {
        self.0.try_send(notification).map_err(|_| io::Error::other("too many notifications wait"))
    }
}
