//! Cloud Pub/Sub as the interceptor sees it: push requests, repeated until they are acknowledged.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use broker::Backoff;
use bytes::Bytes;
use event::EventKind;
use reqwest::{Client, StatusCode};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::notification::Notification;

/// The default acknowledgement deadline of a subscription.
const ACK_DEADLINE: Duration = Duration::from_secs(10);
/// The pause between two deliveries of a message, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// A published message. Each delivery of it is the same.
#[derive(Debug, Clone)]
pub struct Message {
    kind: EventKind,
    body: Bytes,
}

impl Message {
    /// Publishes a notification, under an id of its own.
    pub fn publish(notification: &Notification) -> Self {
        Self { kind: notification.kind, body: envelope(notification).to_string().into() }
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
        let http = Client::builder().timeout(ACK_DEADLINE).no_proxy().build()?;
        Ok(Self { http, endpoint: endpoint.into() })
    }

    /// Delivers a message, again and again until it is acknowledged.
    pub async fn deliver(&self, message: &Message) {
        let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
        loop {
            match self.push(message).await {
                Ok(status) if is_ack(status) => return,
                Ok(status) => tracing::warn!(%status, "not acknowledged, will be delivered again"),
                Err(error) => tracing::warn!(%error, "not delivered, will be tried again"),
            }
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    /// Delivers a message once; the answer.
    ///
    /// # Errors
    /// If there is none within the acknowledgement deadline.
    pub async fn push(&self, message: &Message) -> reqwest::Result<StatusCode> {
        let url = format!("{}/{}", self.endpoint, message.kind);
        let request = self.http.post(url).header("content-type", "application/json").body(message.body.clone());
        Ok(request.send().await?.status())
    }
}

/// <https://cloud.google.com/pubsub/docs/push#receive_push>
fn is_ack(status: StatusCode) -> bool {
    matches!(status.as_u16(), 102 | 200 | 201 | 202 | 204)
}

fn envelope(notification: &Notification) -> serde_json::Value {
    let id = rand::random::<u64>().to_string();
    let published = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    json!({
        "message": {
            "data": BASE64_STANDARD.encode(notification.event.to_string()),
            "attributes": notification.attributes,
            "messageId": id, "message_id": id,
            "publishTime": published, "publish_time": published,
        },
        "subscription": "projects/simulator/subscriptions/aa-sub",
    })
}
