//! One desktop: Engine.IO 4 and Socket.IO 5, as far as connecting, joining and getting events go.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};

use crate::{decode::canonical, hub::Connector};

const PING_INTERVAL: Duration = Duration::from_secs(25);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const OUTBOX: usize = 256;
const BUFFER: usize = 4096;

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

struct Desktop {
    id: u64,
    socket: WebSocket,
    connector: Connector,
    conversation: Option<String>,
    outbox: mpsc::Sender<Utf8Bytes>,
}

pub(crate) async fn upgrade(State(connector): State<Connector>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER).on_upgrade(|socket| serve(socket, connector))
}

async fn serve(socket: WebSocket, connector: Connector) {
    let (outbox, events) = mpsc::channel(OUTBOX);
    let mut desktop =
        Desktop { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), socket, connector, conversation: None, outbox };
    // However it ends, it is over; a relay that keeps nothing has nothing to tell.
    let _ = desktop.run(events).await;
    if let Some(conversation) = &desktop.conversation {
        desktop.connector.leave(desktop.id, conversation).await;
    }
}

impl Desktop {
    async fn run(&mut self, mut events: mpsc::Receiver<Utf8Bytes>) -> Option<()> {
        let id = self.id;
        let open = r#""upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000"#;
        self.send(format!(r#"0{{"sid":"e{id}",{open}}}"#).into()).await?;
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        loop {
            tokio::select! {
                event = events.recv() => self.send(event?).await?,
                message = self.socket.recv() => self.receive(message?.ok()?).await?,
                _ = pings.tick() => self.send("2".into()).await?,
            }
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> Option<()> {
        let sending = self.socket.send(Message::Text(text));
        timeout(WRITE_TIMEOUT, sending).await.ok()?.ok()
    }

    async fn receive(&mut self, message: Message) -> Option<()> {
        let Message::Text(text) = message else {
            return Some(());
        };
        if text.starts_with("40") {
            let connected = format!(r#"40{{"sid":"s{}"}}"#, self.id);
            return self.send(connected.into()).await;
        }
        match text.strip_prefix("42").and_then(join_request) {
            Some((ack, conversation)) => self.join(ack, conversation).await,
            None => Some(()),
        }
    }

    async fn join(&mut self, ack: String, conversation: String) -> Option<()> {
        let outbox = self.outbox.clone();
        let joined = self.connector.join(self.id, &conversation, outbox).await;
        let answer = format!(r#"43{ack}[{joined},"{conversation}"]"#);
        self.conversation = Some(conversation);
        self.send(answer.into()).await
    }
}

/// The acknowledgement id and the canonical name of `7["join-conversation","<name>"]`.
fn join_request(packet: &str) -> Option<(String, String)> {
    let (ack, arguments) = packet.split_at(packet.find('[')?);
    let (event, name): (String, String) = serde_json::from_str(arguments).ok()?;
    (event == "join-conversation").then_some(())?;
    Some((ack.to_owned(), canonical(&name)?))
}
