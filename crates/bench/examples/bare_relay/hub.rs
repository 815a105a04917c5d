//! The connector's side: who listens to which channel.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::ws::Utf8Bytes,
    routing::{get, post},
};
use redis::{Client, Msg, PushInfo, aio::MultiplexedConnection};
use tokio::sync::mpsc::Sender;

use crate::{Result, decode::channel, desktop, redis_timeouts};

type Members = HashMap<u64, Sender<Utf8Bytes>>;

/// The desktops of all conversations.
#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<String, Members>>);

/// What a desktop's connection needs.
#[derive(Clone)]
pub(crate) struct Connector {
    hub: Arc<Hub>,
    redis: MultiplexedConnection,
}

pub(crate) async fn router(client: Client) -> Result<Router> {
    let hub = Arc::new(Hub::default());
    let receiver = Arc::clone(&hub);
    let deliver = move |info: PushInfo| {
        if let Some(message) = Msg::from_push_info(info) {
            receiver.deliver(message.get_channel_name(), message.get_payload_bytes());
        }
        Ok::<(), Infallible>(())
    };
    let config = redis_timeouts().set_push_sender(deliver);
    let redis = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Router::new()
        .route("/live", get(|| async {}))
        .route("/register", post(|| async { r#"{"token":"none"}"# }))
        .route("/socket.io/", get(desktop::upgrade))
        .with_state(Connector { hub, redis }))
}

impl Connector {
    /// Lets the desktop `id` have the events of a conversation; `true` when Redis agrees.
    pub(crate) async fn join(&self, id: u64, conversation: &str, outbox: Sender<Utf8Bytes>) -> bool {
        let channel = channel(conversation);
        let is_first = self.hub.enter(&channel, id, outbox);
        !is_first || self.redis.clone().subscribe(&channel).await.is_ok()
    }

    /// Forgets the desktop `id`.
    pub(crate) async fn leave(&self, id: u64, conversation: &str) {
        let channel = channel(conversation);
        if self.hub.exit(&channel, id) {
            // If it fails, the connection is lost and the subscription with it.
            let _ = self.redis.clone().unsubscribe(&channel).await;
        }
    }
}

impl Hub {
    fn enter(&self, channel: &str, id: u64, outbox: Sender<Utf8Bytes>) -> bool {
        let mut channels = self.lock();
        let members = channels.entry(channel.to_owned()).or_default();
        members.insert(id, outbox);
        members.len() == 1
    }

    fn exit(&self, channel: &str, id: u64) -> bool {
        let mut channels = self.lock();
        let Some(members) = channels.get_mut(channel) else {
            return false;
        };
        members.remove(&id);
        let is_last = members.is_empty();
        if is_last {
            channels.remove(channel);
        }
        is_last
    }

    /// Makes one Socket.IO event of a publication and gives it to all members, but to none whose outbox is full.
    fn deliver(&self, channel: &str, content: &[u8]) {
        let channels = self.lock();
        let Some(members) = channels.get(channel) else {
            return;
        };
        let frame = [b"42[", content, b"]"].concat();
        if let Ok(frame) = Utf8Bytes::try_from(frame) {
            for outbox in members.values() {
                let _ = outbox.try_send(frame.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Members>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
