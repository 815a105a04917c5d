//! The least that takes an event from a Pub/Sub push to a desktop through Redis, as a yardstick for the services.
//!
//! No log of events, no check for duplicates, no tokens, no polling, no recovery. One process plays both services, each
//! on a port and a thread of its own, as the services are processes of their own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, thread};

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo as _, Msg, ProtocolVersion, PushInfo, cmd};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, interval_at, timeout};

type RelayResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> RelayResult<()> {
    let interceptor = thread::spawn(|| run(async { serve("INTERCEPTOR_PORT", interceptor().await?).await }));
    run(async { serve("PORT", connector().await?).await })?;
    interceptor.join().map_err(|_| "the interceptor panicked")?
}

fn run(work: impl Future<Output = RelayResult<()>>) -> RelayResult<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Serves on the port that a variable names until the process is killed.
async fn serve(port: &str, router: Router) -> RelayResult<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{}", variable(port)?)).await?.tap_io(|stream| {
        // Without it small answers wait for acknowledgements; with it refused, they merely come later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

#[expect(clippy::disallowed_methods, reason = "a crate for settings would be most of the relay")]
fn variable(name: &str) -> RelayResult<String> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn client() -> RelayResult<(Client, AsyncConnectionConfig)> {
    let info = variable("REDIS_URL")?.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let timeout = Some(Duration::from_secs(5));
    let config = AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
    Ok((Client::open(info)?, config))
}

/// The name of a conversation without a location: its first two and last two segments.
fn canonical(name: &str) -> Option<String> {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["projects", project, "conversations", id] | ["projects", project, "locations", _, "conversations", id] => {
            Some(format!("projects/{project}/conversations/{id}"))
        }
        _ => None,
    }
}

#[derive(Deserialize)]
struct PushBody<'a> {
    #[serde(borrow)]
    message: RelayedMessage<'a>,
}

#[derive(Deserialize)]
struct RelayedMessage<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow, rename = "messageId")]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "publishTime")]
    publish_time: Cow<'a, str>,
}

#[derive(Deserialize)]
struct DialogflowEvent<'a> {
    #[serde(borrow)]
    conversation: Cow<'a, str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    conversation_name: &'a str,
    data: &'a str,
    data_type: &'a str,
    ack_time: &'a str,
    publish_time: &'a str,
    message_id: &'a str,
}

/// The interceptor's side: one PUBLISH for each push.
async fn interceptor() -> RelayResult<Router> {
    let (client, config) = client()?;
    let redis = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Router::new().route("/live", get(async || {})).route("/{kind}", post(push)).with_state(redis))
}

async fn push(State(mut redis): State<MultiplexedConnection>, Path(kind): Path<String>, body: Bytes) -> StatusCode {
    let Some((channel, message)) = publication(&kind, &body) else {
        return StatusCode::BAD_REQUEST;
    };
    match cmd("PUBLISH").arg(channel).arg(message).exec_async(&mut redis).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The channel and the Socket.IO packet of a push; nothing if it is not one.
fn publication(kind: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
    let PushBody { message } = serde_json::from_slice(body).ok()?;
    let data = String::from_utf8(BASE64_STANDARD.decode(message.data.as_bytes()).ok()?).ok()?;
    let event: DialogflowEvent<'_> = serde_json::from_str(&data).ok()?;
    let conversation = canonical(&event.conversation)?;
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let payload = Payload {
        conversation_name: &conversation,
        data: &data,
        data_type: kind,
        ack_time: &OffsetDateTime::now_utc().format(seconds).ok()?,
        publish_time: &message.publish_time,
        message_id: &message.id,
    };
    let mut packet = format!("42[\"{kind}\",").into_bytes();
    serde_json::to_writer(&mut packet, &payload).ok()?;
    packet.push(b']');
    Some((conversation, packet))
}

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

/// The connector's side: Engine.IO 4 and Socket.IO 5 as far as connecting, joining and getting events go.
async fn connector() -> RelayResult<Router> {
    let hub = Arc::new(Hub::default());
    let receiver = Arc::clone(&hub);
    let deliver = move |info: PushInfo| {
        if let Some(message) = Msg::from_push_info(info) {
            receiver.deliver(message.get_channel_name(), message.get_payload_bytes());
        }
        Ok::<(), Infallible>(())
    };
    let (client, config) = client()?;
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
        let _ = serve_desktop(id, socket, &mut connector, &mut joined).await;
        if let Some(conversation) = joined
            && connector.hub.leave(id, &conversation)
        {
            // If it fails, the connection is lost and the subscription with it.
            let _ = connector.redis.unsubscribe(conversation).await;
        }
    })
}

async fn serve_desktop(
    id: u64,
    mut socket: WebSocket,
    connector: &mut Connector,
    joined: &mut Option<String>,
) -> Option<()> {
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
        if let Some(members) = self.0.lock().get(conversation)
            && let Ok(packet) = Utf8Bytes::try_from(packet.to_vec())
        {
            for outbox in members.values() {
                let _ = outbox.try_send(packet.clone());
            }
        }
    }

    /// Adds a desktop; returns whether it is the first of its conversation.
    fn join(&self, id: u64, conversation: &str, outbox: &Sender<Utf8Bytes>) -> bool {
        let mut conversations = self.0.lock();
        let members = conversations.entry(conversation.to_owned()).or_default();
        members.insert(id, outbox.clone());
        members.len() == 1
    }

    /// Removes a desktop; returns whether it was the last of its conversation.
    fn leave(&self, id: u64, conversation: &str) -> bool {
        let mut conversations = self.0.lock();
        let members = conversations.entry(conversation.to_owned()).or_default();
        members.remove(&id);
        members.is_empty() && conversations.remove(conversation).is_some()
    }
}
