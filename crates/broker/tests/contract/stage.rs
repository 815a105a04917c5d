//! A broker under test, connectors on it, and the messages that they receive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broker::{
    Error, EventSink, Incoming, KeyValue, LogReader, LoggedEvent, MemoryBroker, Messenger, NewEvent, Publisher,
    Recorded, RedisBroker, RedisSettings, Retention, Subscriber,
};
use event::{ConnectorId, ConversationName, EventKind, Fingerprint, Payload, Position};
use testkit::redis::{Redis, shared, shared_cluster};
use testkit::{in_time, until};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) trait Broker: Publisher + LogReader + KeyValue {}
impl<T: Publisher + LogReader + KeyValue> Broker for T {}

pub(crate) enum Backend {
    Memory(MemoryBroker),
    Redis { server: Redis, broker: RedisBroker },
    Cluster { servers: Vec<Redis>, broker: RedisBroker },
}

pub(crate) struct Stage {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) backend: Backend,
}

impl Stage {
    pub(crate) fn memory(retention: Retention) -> Self {
        let broker = MemoryBroker::new(retention);
        Self { broker: Arc::new(broker.clone()), backend: Backend::Memory(broker) }
    }

    pub(crate) async fn redis(retention: Retention) -> Self {
        Self::redis_at(shared().await, retention)
    }

    pub(crate) fn redis_at(server: Redis, retention: Retention) -> Self {
        let broker = RedisBroker::new(RedisSettings::new(server.url()), retention).unwrap();
        Self { broker: Arc::new(broker.clone()), backend: Backend::Redis { server, broker } }
    }

    pub(crate) async fn cluster(retention: Retention) -> Self {
        let servers = shared_cluster().await;
        let settings = RedisSettings { cluster: true, ..RedisSettings::new(servers[0].url()) };
        let broker = RedisBroker::new(settings, retention).unwrap();
        Self { broker: Arc::new(broker.clone()), backend: Backend::Cluster { servers, broker } }
    }

    pub(crate) async fn connector(&self) -> Connector {
        match &self.backend {
            Backend::Memory(broker) => {
                let id = ConnectorId::generate();
                Connector::new(Arc::new(broker.clone()), Arc::new(broker.subscriber(id.clone())), id, None)
            }
            Backend::Redis { broker, .. } => Connector::on_redis(broker).await,
            Backend::Cluster { broker, .. } => Connector::on_cluster(broker).await,
        }
    }

    pub(crate) async fn record(&self, event: &NewEvent) -> Result<Recorded, Error> {
        self.broker.record(event).await
    }

    /// Records a new event with `text` for content; returns its position and the receivers.
    pub(crate) async fn say(&self, conversation: &ConversationName, text: &str) -> (Position, u64) {
        match self.record(&new_event(conversation, text)).await.unwrap() {
            Recorded::Accepted { position, receivers } => (position, receivers),
            Recorded::Duplicate => panic!("{text} is no duplicate"),
        }
    }
}

impl Connector {
    /// A connector that need not be connected yet.
    pub(crate) fn start(broker: &RedisBroker) -> Self {
        let (id, stop) = (ConnectorId::generate(), CancellationToken::new());
        let subscriber = Arc::new(broker.subscriber(id.clone()));
        tokio::spawn(Arc::clone(&subscriber).run(stop.clone()));
        Self::new(Arc::new(broker.clone()), subscriber, id, Some(stop.drop_guard()))
    }

    pub(crate) async fn on_redis(broker: &RedisBroker) -> Self {
        let connector = Self::start(broker);
        until("the subscriber is connected", async || connector.subscriber.is_connected()).await;
        connector
    }

    /// A connector that is connected to every server.
    pub(crate) async fn on_cluster(broker: &RedisBroker) -> Self {
        let connector = Self::start(broker);
        let names: Vec<_> = (0..200).map(|number| conversation(&format!("probe-{number}"))).collect();
        let is_served = async || names.iter().all(|name| connector.subscriber.is_live(name));
        until("the subscriber is connected to all servers", is_served).await;
        connector
    }

    fn new(
        log: Arc<dyn LogReader>,
        subscriber: Arc<impl Subscriber + Messenger + 'static>,
        id: ConnectorId,
        stop: Option<DropGuard>,
    ) -> Self {
        let received = Arc::new(Recorder { messages: watch::channel(Vec::new()).0 });
        subscriber.attach(Arc::clone(&received) as Arc<dyn EventSink>);
        Self { log, messenger: subscriber.clone(), subscriber, id, received, stop }
    }

    pub(crate) async fn subscribed(self, conversation: &ConversationName) -> Self {
        self.subscriber.subscribe(conversation).await.unwrap();
        self
    }
}

/// A connector process, as far as the broker is concerned.
pub(crate) struct Connector {
    pub(crate) log: Arc<dyn LogReader>,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) messenger: Arc<dyn Messenger>,
    pub(crate) id: ConnectorId,
    pub(crate) received: Arc<Recorder>,
    pub(crate) stop: Option<DropGuard>,
}

/// A message of the subscriber that outlives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    Live { conversation: String, event: LoggedEvent },
    Foreign { conversation: String, payload: Payload },
    Lost,
    Restored,
}

pub(crate) struct Recorder {
    messages: watch::Sender<Vec<Received>>,
}

impl EventSink for Recorder {
    fn deliver(&self, message: Incoming<'_>) {
        let messages = match message {
            Incoming::Live { conversation, event } => Received::Live { conversation: conversation.to_owned(), event },
            Incoming::Foreign { conversation, payload } => {
                Received::Foreign { conversation: conversation.to_owned(), payload }
            }
            Incoming::Lost(_) => Received::Lost,
            Incoming::Restored(_) => Received::Restored,
        };
        self.messages.send_modify(|all| all.push(messages));
    }
}

impl Recorder {
    pub(crate) fn all(&self) -> Vec<Received> {
        self.messages.borrow().clone()
    }

    /// Waits until the messages are as `condition` says; returns them.
    pub(crate) async fn until(&self, what: &str, condition: impl FnMut(&Vec<Received>) -> bool) -> Vec<Received> {
        let mut messages = self.messages.subscribe();
        in_time(&format!("{what} is messages"), messages.wait_for(condition)).await.unwrap().clone()
    }

    /// Waits until `count` messages have arrived; returns the texts of the live ones.
    pub(crate) async fn texts(&self, count: usize) -> Vec<String> {
        live_texts(&self.until(&format!("{count} messages"), |all| all.len() >= count).await)
    }
}

pub(crate) fn live_texts(messages: &[Received]) -> Vec<String> {
    let live = messages.iter().filter_map(|messages| match messages {
        Received::Live { event, .. } => Some(event),
        _ => None,
    });
    live.map(text_of).collect()
}

pub(crate) fn text_of(event: &LoggedEvent) -> String {
    String::from_utf8(event.payload.json.to_vec()).unwrap()
}

/// A conversation of this test, which shares Redis with others.
pub(crate) fn conversation(id: &str) -> ConversationName {
    testkit::conversation(id).parse().unwrap()
}

pub(crate) fn payload(text: &str) -> Payload {
    Payload { kind: EventKind::NewMessage, json: text.to_owned().into() }
}

/// An event with a fingerprint of its own.
pub(crate) fn new_event(conversation: &ConversationName, text: &str) -> NewEvent {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    event_with_id(conversation, text, &NEXT.fetch_add(1, Ordering::Relaxed).to_string())
}

pub(crate) fn event_with_id(conversation: &ConversationName, text: &str, id: &str) -> NewEvent {
    let fingerprint = Fingerprint::new(EventKind::NewMessage, id, 0, b"");
    NewEvent { conversation: conversation.clone(), fingerprint, payload: payload(text) }
}
