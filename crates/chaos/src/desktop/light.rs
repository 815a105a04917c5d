//! A desktop that knows Socket.IO and nothing else: many of them fit into one process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::got;
use crate::ledger::{Ledger, Seat};
use crate::plan::Plan;
use testkit::http;
use testkit::socketio::{Client, ConnectError, Options};

/// As long as socket.io-client takes to connect, and to notice that the server is silent.
const CONNECT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(45);

/// What the kernel keeps for a desktop that does not read: little, so that the server notices.
const RECEIVE_BUFFER: u32 = 8 * 1024;

pub(super) struct Light {
    server: SocketAddr,
    seat: Seat,
    conversation: usize,
    ledger: Arc<Ledger>,
    attention: watch::Receiver<bool>,
    token: String,
    pid: Option<String>,
    offset: Option<String>,
}

/// Why a connection ended, for the history.
type End = String;

impl Light {
    pub(super) fn new(
        server: SocketAddr,
        seat: Seat,
        conversation: usize,
        ledger: Arc<Ledger>,
        attention: watch::Receiver<bool>,
    ) -> Self {
        Self { server, seat, conversation, ledger, attention, token: String::new(), pid: None, offset: None }
    }

    /// Connects, and again whenever the connection ends.
    pub(super) async fn live(mut self, delay: Duration) {
        sleep(delay).await;
        loop {
            let end = match timeout(CONNECT, self.connect()).await {
                Ok(Ok(client)) => self.read(client).await,
                Ok(Err(end)) => end,
                Err(_) => "it takes too long to connect".to_owned(),
            };
            self.ledger.note(self.seat, "disconnected", &end);
            sleep(Duration::from_millis(rand::random_range(200..1500))).await;
        }
    }

    async fn connect(&mut self) -> Result<Client, End> {
        if self.token.is_empty() {
            self.token = self.register().await?;
        }
        let mut auth = json!({"token": self.token});
        if let Some(pid) = &self.pid {
            auth["pid"] = pid.as_str().into();
            auth["offset"] = self.offset.clone().into();
        }
        let options = Options { receive_buffer: Some(RECEIVE_BUFFER), ..Options::default() };
        let connected = Client::connect_with(self.server, &auth, options).await;
        if let Err(ConnectError::Refused(_)) = &connected {
            // The session was forgotten: the desktop logs in again.
            self.token.clear();
            self.ledger.note(self.seat, "refused", "");
        }
        let mut client = connected.map_err(text)?;
        self.pid.clone_from(&client.pid);
        self.ledger.note(self.seat, "connected", "");
        client.send(&format!("420{}", json!(["join-conversation", Plan::conversation(self.conversation)]))).await;
        Ok(client)
    }

    async fn register(&self) -> Result<String, End> {
        let answer = http().post(format!("http://{}/register", self.server)).timeout(CONNECT).send().await;
        let answer: Value = answer.map_err(text)?.json().await.map_err(text)?;
        answer["token"].as_str().map(str::to_owned).ok_or_else(|| "no token".to_owned())
    }

    async fn read(&mut self, mut client: Client) -> End {
        loop {
            // The sender lives as long as the run.
            let _ = self.attention.wait_for(|reads| *reads).await;
            let packet = match timeout(SILENCE, client.receive()).await {
                Ok(Ok(packet)) => packet,
                Ok(Err(end)) => return text(end),
                Err(_) => return "the server is silent".to_owned(),
            };
            if packet.starts_with("430[true") {
                self.ledger.joined(self.seat, self.conversation);
            } else if let Some(event) = packet.strip_prefix("42") {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: &str) {
        let args: Vec<Value> = serde_json::from_str(event).unwrap_or_default();
        if let Some(offset) = args.last().and_then(Value::as_str) {
            self.offset = Some(offset.to_owned());
        }
        match (args.first().and_then(Value::as_str), args.get(1)) {
            (Some("token-renewed"), _) => self.ledger.count("tokens renewed"),
            (Some("events-missed"), _) => self.ledger.notified_of_gap(self.seat),
            (_, Some(payload)) => got(&self.ledger, self.seat, payload),
            _ => self.ledger.wrong(format!("an event without arguments: {event}")),
        }
    }
}

fn text(error: impl std::error::Error) -> End {
    error.to_string()
}
