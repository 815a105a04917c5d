//! A connector on a free port, and the log that an interceptor would write.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use broker::{KeyValue, MemoryBroker, NewEvent, Publisher, Recorded, Retention};
use bytes::Bytes;
use connector::auth::providers::Skip;
use connector::auth::settings::AuthSettings;
use connector::auth::token::TokenKeys;
use connector::google::credentials::FixedToken;
use connector::{Backends, Settings};
use event::{ConnectorId, ConversationName, EventKind, Fingerprint, Payload, RecognitionAttributes};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::faulty_broker::FaultyBroker;
use testkit::socketio::{Client, Options};
use testkit::{in_time, until};

pub(crate) const PROJECT: &str = "acme";
pub(crate) const SECRET: &[u8] = b"0123456789abcdef-secret";
pub(crate) fn name(id: &str) -> ConversationName {
    format!("projects/{PROJECT}/conversations/{id}").parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    let tokens = TokenKeys::new(SECRET, PROJECT, Duration::from_hours(1)).unwrap();
    Settings { drain_time: Duration::from_millis(50), ..Settings::new(PROJECT, AuthSettings::new(Skip), tokens) }
}

pub(crate) fn token() -> String {
    settings().tokens.issue("agent", None).unwrap()
}

/// An event whose data is a number.
pub(crate) fn payload(kind: EventKind, conversation: &ConversationName, number: u64) -> Payload {
    let (time, id) = ("2026-11-21T00:00:00Z", number.to_string());
    let role = RecognitionAttributes { participant_role: "END_USER", message_id: "m" };
    Payload::encode(kind, conversation, &id, time, time, &id, &role).unwrap()
}

/// What stands where Redis would.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) broker: MemoryBroker,
    recorded: Arc<AtomicU64>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self::keeping(Retention::default().events)
    }

    pub(crate) fn keeping(events: usize) -> Self {
        let broker = MemoryBroker::new(Retention { events, ..Retention::default() });
        Self { broker, recorded: Arc::default() }
    }

    pub(crate) async fn record(&self, conversation: &ConversationName, number: u64) {
        self.record_payload(conversation, payload(EventKind::NewMessage, conversation, number)).await;
    }

    pub(crate) async fn record_all(&self, conversation: &ConversationName, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.record(conversation, number).await;
        }
    }

    pub(crate) async fn record_payload(&self, conversation: &ConversationName, payload: Payload) {
        let id = self.recorded.fetch_add(1, Ordering::Relaxed).to_string();
        let fingerprint = Fingerprint::new(payload.kind, &id, 0, &payload.json);
        let recorded = self.broker.record(&NewEvent { conversation: conversation.clone(), fingerprint, payload }).await;
        assert!(matches!(recorded, Ok(Recorded::Accepted { .. })), "{recorded:?}");
    }

    pub(crate) async fn mapping(&self, conversation: &ConversationName) -> Option<Bytes> {
        self.broker.get(conversation.as_str()).await.unwrap()
    }
}

/// A running connector.
pub(crate) struct Connector {
    pub(crate) address: SocketAddr,
    pub(crate) bus: Arc<FaultyBroker>,
    pub(crate) id: ConnectorId,
    pub(crate) stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Connector {
    pub(crate) async fn start(log: &Log) -> Self {
        Self::start_with(log, settings()).await
    }

    pub(crate) async fn start_with(log: &Log, settings: Settings) -> Self {
        Self::start_on(log, settings, Arc::new(log.broker.clone())).await
    }

    pub(crate) async fn start_on(log: &Log, settings: Settings, keys: Arc<dyn KeyValue>) -> Self {
        let (id, stop) = (ConnectorId::generate(), CancellationToken::new());
        let faulty = FaultyBroker::new(log.broker.clone(), log.broker.subscriber(id.clone()));
        let messenger = Arc::new(log.broker.subscriber(id.clone()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let google = Arc::new(FixedToken::new("google-token").unwrap());
        let backends = Backends {
            log: faulty.clone(),
            subscriber: faulty.clone(),
            messenger,
            keys,
            connector: id.clone(),
            google,
        };
        let task = {
            let running = connector::run(settings, backends, listener, stop.clone());
            tokio::spawn(async { running.await.unwrap() })
        };
        until("the hub", async || faulty.is_attached()).await;
        Self { address, bus: faulty, id, stop, task }
    }

    /// A connected desktop.
    pub(crate) async fn desktop(&self) -> Client {
        Client::connect(self.address, &json!({"token": token()})).await.unwrap()
    }

    /// A desktop whose kernel takes very little that the desktop does not read.
    pub(crate) async fn narrow(&self) -> Client {
        Client::connect_with(self.address, &json!({"token": token()}), Options::narrow()).await.unwrap()
    }

    /// A desktop that has joined these conversations.
    pub(crate) async fn joined(&self, names: &[&ConversationName]) -> Client {
        let mut desktop = self.desktop().await;
        for name in names {
            desktop.join(name).await;
        }
        desktop
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the end of `connector::run`, which `stop` asks for.
    pub(crate) async fn ended(mut self) {
        in_time("the end of the connector", &mut self.task).await.unwrap();
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.task.abort();
    }
}
