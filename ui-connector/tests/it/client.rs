//! A Socket.IO client that says exactly what a test wants it to say.

use std::collections::VecDeque;
use std::net::SocketAddr;

use event::ConversationName;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::{soon, token};

pub(crate) struct Desktop {
    socket: WebSocketStream<TcpStream>,
    acks: u64,
    waiting: VecDeque<Received>,
    pub(crate) pid: Option<String>,
    /// The last argument of the last event read, as socket.io-client keeps it.
    pub(crate) offset: Option<String>,
}

/// An event, as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Received {
    pub(crate) packet: String,
    pub(crate) name: String,
    pub(crate) args: Vec<Value>,
}

impl Received {
    fn parse(packet: &str) -> Self {
        let mut args: Vec<Value> = serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap();
        let name = args.remove(0).as_str().unwrap().to_owned();
        Self { packet: packet.to_owned(), name, args }
    }

    pub(crate) fn number(&self) -> u64 {
        self.args[0]["data"].as_str().unwrap().parse().unwrap()
    }
}

impl Desktop {
    /// Connects; the message of the `connect_error` if it is refused, or `closed` without one.
    pub(crate) async fn connect(address: SocketAddr, auth: Value) -> Result<Self, String> {
        Self::over(TcpStream::connect(address).await.unwrap(), address, auth).await
    }

    /// A desktop whose kernel takes very little that the desktop does not read.
    pub(crate) async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::over(socket.connect(address).await.unwrap(), address, json!({"token": token()})).await.unwrap()
    }

    async fn over(stream: TcpStream, address: SocketAddr, auth: Value) -> Result<Self, String> {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = soon("the WebSocket", client_async(url, stream)).await.unwrap();
        let mut desktop = Self { socket, acks: 0, waiting: VecDeque::new(), pid: None, offset: None };
        assert!(desktop.packet().await.unwrap().starts_with("0{"));
        desktop.send(&format!("40{auth}")).await;
        let Some(answer) = desktop.packet().await else { return Err("closed".to_owned()) };
        if let Some(error) = answer.strip_prefix("44") {
            return Err(serde_json::from_str::<Value>(error).unwrap()["message"].as_str().unwrap().to_owned());
        }
        let answer: Value = serde_json::from_str(answer.strip_prefix("40").unwrap()).unwrap();
        desktop.pid = answer["pid"].as_str().map(str::to_owned);
        Ok(desktop)
    }

    /// Connects again as socket.io-client does. What has not been read is lost.
    pub(crate) async fn cut(&mut self, address: SocketAddr) {
        let auth = json!({"token": token(), "pid": self.pid, "offset": self.offset});
        let again = Self::connect(address, auth).await.unwrap();
        *self = Self { offset: self.offset.take(), ..again };
    }

    pub(crate) async fn reconnect(mut self, address: SocketAddr) -> Self {
        self.cut(address).await;
        self
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        // If the server has closed already, what is read next tells it.
        let _ = self.socket.send(Message::text(packet)).await;
    }

    /// Emits an event and returns the number of the answer that it wants.
    pub(crate) async fn emit(&mut self, event: &str, args: &Value) -> u64 {
        self.acks += 1;
        let mut packet = args.as_array().unwrap().clone();
        packet.insert(0, event.into());
        self.send(&format!("42{}{}", self.acks, Value::from(packet))).await;
        self.acks
    }

    /// Reads up to the answer; events on the way are kept.
    pub(crate) async fn answer(&mut self, ack: u64) -> Value {
        let head = format!("43{ack}[");
        loop {
            let packet = self.packet().await.expect("an answer instead of the end");
            if packet.starts_with(&head) {
                return serde_json::from_str(&packet[head.len() - 1..]).unwrap();
            }
            self.waiting.push_back(Received::parse(&packet));
        }
    }

    pub(crate) async fn ask(&mut self, event: &str, args: Value) -> Value {
        let ack = self.emit(event, &args).await;
        self.answer(ack).await
    }

    pub(crate) async fn join(&mut self, name: &ConversationName) {
        assert_eq!(self.ask("join-conversation", json!([name.as_str()])).await, json!([true, name.as_str()]));
    }

    pub(crate) async fn leave(&mut self, name: &ConversationName) {
        assert_eq!(self.ask("leave-conversation", json!([name.as_str()])).await, json!([true, name.as_str()]));
    }

    pub(crate) async fn next(&mut self) -> Received {
        let received = match self.waiting.pop_front() {
            Some(received) => received,
            None => Received::parse(&self.packet().await.expect("an event instead of the end")),
        };
        self.offset = received.args.get(1).map(|offset| offset.as_str().unwrap().to_owned()).or(self.offset.take());
        received
    }

    /// The next events are these, in this order.
    pub(crate) async fn expect(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            assert_eq!(self.next().await.number(), number);
        }
    }

    /// What has come up to the answer to a question that is asked now.
    pub(crate) async fn arrivals(&mut self) -> Vec<Received> {
        self.ask("leave-conversation", json!(["projects/acme/conversations/never-joined"])).await;
        let mut arrivals = Vec::new();
        while !self.waiting.is_empty() {
            arrivals.push(self.next().await);
        }
        arrivals
    }

    /// The numbers of [`Self::arrivals`].
    pub(crate) async fn arrived(&mut self) -> Vec<u64> {
        self.arrivals().await.iter().map(Received::number).collect()
    }

    /// The next packet that is not a ping, which is answered; nothing at the end.
    pub(crate) async fn packet(&mut self) -> Option<String> {
        loop {
            match soon("a packet or the end", self.socket.next()).await {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => self.send("3").await,
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(other)) => panic!("{other:?}"),
            }
        }
    }
}
