//! The connector's side: Engine.IO 4 and Socket.IO 5 as far as connecting, joining and getting events go.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{get, post};
use redis::aio::MultiplexedConnection;
use redis::{Msg, PushInfo};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, interval_at, timeout};

use crate::{Result, canonical, redis};

const OPEN: &str = r#""upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000"#;
const PING_INTERVAL: Duration = Duration::from_secs(25);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const OUTBOX: usize = 256;
const BUFFER: usize = 4096;

/// The outboxes of the desktops of all conversations.
type Conversations = HashMap<String, HashMap<u64, Sender<Utf8Bytes>>>;

#[derive(Default)]
struct Hub(Mutex<Conversations>);

#[derive(Clone)]
struct Connector {
    hub: Arc<Hub>,
    redis: MultiplexedConnection,
}

pub(crate) async fn router() -> Result<Router> {
    let hub = Arc::new(Hub::default());
    let receiver = Arc::clone(&hub);
    let deliver = move |info: PushInfo| {
        if let Some(message) = Msg::from_push_info(info) {
            receiver.deliver(message.get_channel_name(), message.get_payload_bytes());
        }
        Ok::<(), Infallible>(())
    };
    let (client, config) = redis()?;
    let redis = client.get_multiplexed_async_connection_with_config(&config.set_push_sender(deliver)).await?;
    Ok(Router::new()
        .route("/live", get(async || {}))
        .route("/register", post(async || r#"{"token":"none"}"#))
        .route("/socket.io/", get(upgrade))
        .with_state(Connector { hub, redis }))
}

async fn upgrade(State(mut connector): State<Connector>, upgrade: WebSocketUpgrade) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER).on_upgrade(move |socket| async move {
        let mut joined = None;
        // However it ends, it is over; a relay that keeps nothing has nothing to tell.
        let _ = serve(id, socket, &mut connector, &mut joined).await;
        if let Some(conversation) = joined
            && connector.hub.leave(id, &conversation)
        {
            // If it fails, the connection is lost and the subscription with it.
            let _ = connector.redis.unsubscribe(conversation).await;
        }
    })
}

async fn serve(id: u64, mut socket: WebSocket, connector: &mut Connector, joined: &mut Option<String>) -> Option<()> {
    let (outbox, mut events) = channel(OUTBOX);
    let _ = outbox.try_send(format!(r#"0{{"sid":"e{id}",{OPEN}}}"#).into());
    let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    loop {
        let packet = tokio::select! {
            event = events.recv() => event?,
            _ = pings.tick() => "2".into(),
            message = socket.recv() => {
                let text = message?.ok()?.into_text().ok()?;
                if text.starts_with("40") {
                    format!(r#"40{{"sid":"s{id}"}}"#).into()
                } else if let Some((ack, conversation)) = join_request(&text) {
                    let is_first = connector.hub.join(id, &conversation, &outbox);
                    let agreed = !is_first || connector.redis.subscribe(&conversation).await.is_ok();
                    let answer = format!(r#"43{ack}[{agreed},"{conversation}"]"#);
                    *joined = Some(conversation);
                    answer.into()
                } else {
                    continue;
                }
            }
        };
        timeout(WRITE_TIMEOUT, socket.send(Message::Text(packet))).await.ok()?.ok()?;
    }
}

/// The acknowledgement id and the conversation of `427["join-conversation","<name>"]`.
fn join_request(packet: &str) -> Option<(&str, String)> {
    let (ack, arguments) = packet.strip_prefix("42").and_then(|rest| rest.split_at_checked(rest.find('[')?))?;
    let (_, name): (String, String) = serde_json::from_str(arguments).ok()?;
    Some((ack, canonical(&name)?))
}

impl Hub {
    /// Gives a packet to all desktops of a conversation, but to none whose outbox is full.
    fn deliver(&self, conversation: &str, packet: &[u8]) {
        self.with(|conversations| {
            if let Some(members) = conversations.get(conversation)
                && let Ok(packet) = Utf8Bytes::try_from(packet.to_vec())
            {
                for outbox in members.values() {
                    let _ = outbox.try_send(packet.clone());
                }
            }
        });
    }

    /// Adds a desktop; whether it is the first of its conversation.
    fn join(&self, id: u64, conversation: &str, outbox: &Sender<Utf8Bytes>) -> bool {
        self.with(|conversations| {
            let members = conversations.entry(conversation.to_owned()).or_default();
            members.insert(id, outbox.clone());
            members.len() == 1
        })
    }

    /// Removes a desktop; whether it was the last of its conversation.
    fn leave(&self, id: u64, conversation: &str) -> bool {
        self.with(|conversations| {
            let members = conversations.entry(conversation.to_owned()).or_default();
            members.remove(&id);
            members.is_empty() && conversations.remove(conversation).is_some()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Conversations) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
