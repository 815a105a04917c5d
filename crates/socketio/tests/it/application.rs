//! An application that records what happens to it.

use std::sync::Arc;

use socketio::{Accepted, Application, ClientEvent, ConnectRequest, Frame, Reason, Refused, Socket};
use testkit::in_time;
use tokio::sync::{Semaphore, mpsc, watch};

#[derive(Debug)]
pub(crate) enum Record {
    Connected(Socket),
    Event(ClientEvent),
    Disconnected(String, Reason),
}

/// Accepts `/` and every namespace that begins with `/n`.
pub(crate) struct Recorder {
    records: mpsc::UnboundedSender<Record>,
    /// Every `gated` event takes a permit before it is done.
    pub(crate) gate: Semaphore,
    /// Number of `gated` events that have begun.
    begun: watch::Sender<usize>,
}

pub(crate) struct Records(mpsc::UnboundedReceiver<Record>);

impl Recorder {
    pub(crate) fn new() -> (Arc<Self>, Records) {
        let (records, receiver) = mpsc::unbounded_channel();
        (Arc::new(Self { records, gate: Semaphore::new(0), begun: watch::Sender::new(0) }), Records(receiver))
    }

    /// Waits until a `gated` event has begun.
    pub(crate) async fn has_begun(&self) {
        let mut begun = self.begun.subscribe();
        in_time("a gated event", begun.wait_for(|&begun| begun > 0)).await.unwrap();
    }

    fn record(&self, record: Record) {
        // A test that has seen enough has dropped the receiver.
        let _ = self.records.send(record);
    }
}

impl Records {
    pub(crate) async fn next(&mut self) -> Record {
        in_time("a record", self.0.recv()).await.expect("the application lives")
    }

    pub(crate) async fn connected(&mut self) -> Socket {
        loop {
            if let Record::Connected(socket) = self.next().await {
                return socket;
            }
        }
    }

    pub(crate) async fn event(&mut self) -> ClientEvent {
        loop {
            if let Record::Event(event) = self.next().await {
                return event;
            }
        }
    }

    pub(crate) async fn disconnected(&mut self) -> Reason {
        loop {
            if let Record::Disconnected(_, reason) = self.next().await {
                return reason;
            }
        }
    }

    /// Names of all events that have been handled by now.
    pub(crate) fn event_names(&mut self) -> Vec<String> {
        let records = std::iter::from_fn(|| self.0.try_recv().ok());
        let events = records.filter_map(|record| match record {
            Record::Event(event) => Some(event.name),
            Record::Connected(_) | Record::Disconnected(..) => None,
        });
        events.collect()
    }

    /// Reasons of all disconnects that have been recorded.
    pub(crate) fn disconnects(&mut self) -> Vec<(String, Reason)> {
        let records = std::iter::from_fn(|| self.0.try_recv().ok());
        records
            .filter_map(|record| match record {
                Record::Disconnected(id, reason) => Some((id, reason)),
                Record::Connected(_) | Record::Event(_) => None,
            })
            .collect()
    }
}

impl Application for Recorder {
    type SocketState = Socket;

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<Socket>, Refused> {
        let auth = request.auth.unwrap_or_default();
        if auth.contains("refuse") {
            let data = Some(r#"{"because":[1]}"#.to_owned());
            return Err(Refused { message: "said \"no\"".to_owned(), data, close: false });
        }
        if request.namespace != "/" && !request.namespace.starts_with("/n") {
            return Err(Refused::invalid_namespace());
        }
        let pid = auth.contains("recover").then(|| "private".to_owned());
        Ok(Accepted { state: request.socket, pid })
    }

    async fn connected(&self, socket: &mut Socket) {
        let _ = socket.emit(Frame::event(socket.namespace(), "welcome", &[]));
        self.record(Record::Connected(socket.clone()));
    }

    async fn event(&self, socket: &mut Socket, event: ClientEvent) {
        if event.name == "gated" {
            self.begun.send_modify(|begun| *begun += 1);
            self.gate.acquire().await.expect("the gate is never closed").forget();
        }
        if let Some(id) = event.ack {
            let _ = socket.ack_with(id, &event.args, event.attachments.clone());
        }
        self.record(Record::Event(event));
    }

    async fn disconnect(&self, socket: Socket, reason: Reason) {
        self.record(Record::Disconnected(socket.id().to_owned(), reason));
    }
}
