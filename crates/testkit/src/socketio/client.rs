use std::collections::VecDeque;
use std::fmt::Display;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::websocket::{Options, WebSocketClient};

/// A desktop without a client library: in the main namespace, over WebSocket.
#[derive(Debug)]
pub struct Client {
    pub socket: WebSocketClient,
    /// The id by which it resumes.
    pub pid: Option<String>,
    /// The last argument of the last event read, as socket.io-client keeps it.
    pub offset: Option<String>,
    auth: Value,
    acks: u64,
    waiting: VecDeque<Received>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The message of the `connect_error`.
    #[error("{0}")]
    Refused(String),
    /// The server has ended the connection, without a word or before there was one.
    #[error("closed")]
    Closed(#[from] Error),
}

/// An event, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub packet: String,
    pub name: String,
    pub args: Vec<Value>,
}

impl Received {
    pub fn parse(packet: &str) -> Self {
        let args = packet.strip_prefix("42").and_then(|args| serde_json::from_str(args).ok());
        let mut args: Vec<Value> = args.unwrap_or_else(|| panic!("{packet} instead of an event"));
        let name = args.remove(0).as_str().expect("a name").to_owned();
        Self { packet: packet.to_owned(), name, args }
    }

    /// The data of a payload whose data is a number.
    pub fn number(&self) -> u64 {
        let data = self.args[0]["data"].as_str().and_then(|data| data.parse().ok());
        data.unwrap_or_else(|| panic!("{} has no number", self.packet))
    }
}

impl Client {
    /// Connects with `auth`, such as `{"token": …}`.
    ///
    /// # Errors
    /// If the server refuses it.
    pub async fn connect(server: SocketAddr, auth: &Value) -> Result<Self, ConnectError> {
        Self::connect_with(server, auth, Options::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// If the server refuses it.
    pub async fn connect_with(server: SocketAddr, auth: &Value, options: Options<'_>) -> Result<Self, ConnectError> {
        let socket = WebSocketClient::open_with(server, options).await?;
        let auth = auth.clone();
        let mut client = Self { socket, pid: None, offset: None, auth, acks: 0, waiting: VecDeque::new() };
        let open = client.receive().await?;
        assert!(open.starts_with("0{"), "{open}");
        client.socket.send(&format!("40{}", client.auth)).await;
        let answer = client.receive().await?;
        let read = |json: &str| serde_json::from_str::<Value>(json).expect("JSON");
        if let Some(error) = answer.strip_prefix("44") {
            return Err(ConnectError::Refused(read(error)["message"].as_str().expect("a message").to_owned()));
        }
        client.pid = read(answer.strip_prefix("40").expect("an answer"))["pid"].as_str().map(str::to_owned);
        Ok(client)
    }

    /// Connects again as socket.io-client does. What has not been read is lost.
    pub async fn cut(&mut self, server: SocketAddr) {
        self.auth["pid"] = self.pid.clone().into();
        self.auth["offset"] = self.offset.clone().into();
        let again = Self::connect(server, &self.auth).await.expect("it is let in again");
        *self = Self { offset: self.offset.take(), ..again };
    }

    /// The same, from one variable to another.
    pub async fn reconnect(mut self, server: SocketAddr) -> Self {
        self.cut(server).await;
        self
    }

    pub async fn send(&mut self, packet: &str) {
        self.socket.send(packet).await;
    }

    /// Emits an event without an acknowledgement.
    pub async fn tell(&mut self, event: &str, args: &Value) {
        self.send(&format!("42{}", with_name(event, args))).await;
    }

    /// Emits an event; returns the id of its acknowledgement.
    pub async fn emit(&mut self, event: &str, args: &Value) -> u64 {
        self.acks += 1;
        self.send(&format!("42{}{}", self.acks, with_name(event, args))).await;
        self.acks
    }

    /// Reads up to an acknowledgement; events before it are kept.
    pub async fn answer(&mut self, ack: u64) -> Value {
        let head = format!("43{ack}[");
        loop {
            let packet = self.packet().await.expect("an answer instead of the end");
            if packet.starts_with(&head) {
                return serde_json::from_str(&packet[head.len() - 1..]).expect("JSON");
            }
            self.waiting.push_back(Received::parse(&packet));
        }
    }

    /// Emits an event and waits for its acknowledgement.
    pub async fn ask(&mut self, event: &str, args: Value) -> Value {
        let ack = self.emit(event, &args).await;
        self.answer(ack).await
    }

    /// Joins a conversation, by its canonical name.
    pub async fn join(&mut self, conversation: impl Display) {
        let name = conversation.to_string();
        assert_eq!(self.ask("join-conversation", json!([name])).await, json!([true, name]));
    }

    pub async fn leave(&mut self, conversation: impl Display) {
        let name = conversation.to_string();
        assert_eq!(self.ask("leave-conversation", json!([name])).await, json!([true, name]));
    }

    pub async fn next(&mut self) -> Received {
        let received = match self.waiting.pop_front() {
            Some(received) => received,
            None => Received::parse(&self.packet().await.expect("an event instead of the end")),
        };
        let offset = received.args.get(1).and_then(Value::as_str).map(str::to_owned);
        self.offset = offset.or(self.offset.take());
        received
    }

    /// The next events have these numbers, in this order.
    pub async fn expect(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            assert_eq!(self.next().await.number(), number);
        }
    }

    /// Returns the events that arrive before the acknowledgement of a request that is sent now.
    pub async fn arrivals(&mut self) -> Vec<Received> {
        self.ask("leave-conversation", json!([])).await;
        let mut arrivals = Vec::new();
        while !self.waiting.is_empty() {
            arrivals.push(self.next().await);
        }
        arrivals
    }

    pub async fn arrived(&mut self) -> Vec<u64> {
        self.arrivals().await.iter().map(Received::number).collect()
    }

    /// The next packet that is not a ping; nothing at the end.
    pub async fn packet(&mut self) -> Option<String> {
        self.socket.next().await.map(text)
    }

    /// The same, for as long as it takes.
    ///
    /// # Errors
    /// Why the connection has ended.
    pub async fn receive(&mut self) -> Result<String, Error> {
        self.socket.receive().await.map(text)
    }
}

fn text(message: Message) -> String {
    match message {
        Message::Text(text) => text.to_string(),
        other => panic!("{other:?} instead of a text"),
    }
}

/// The arguments of an event, behind its name.
fn with_name(event: &str, args: &Value) -> Value {
    let mut packet = vec![event.into()];
    packet.extend(args.as_array().expect("arguments").iter().cloned());
    packet.into()
}
