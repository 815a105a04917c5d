//! Clients that say exactly what a test wants them to say.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};
use tungstenite::Message;

use crate::application::PATIENCE;

/// A client with a WebSocket.
pub(crate) struct WsClient(pub(crate) WebSocketStream<TcpStream>);

impl WsClient {
    /// Opens a WebSocket; with a sid, to upgrade a session.
    pub(crate) async fn open(address: SocketAddr, sid: Option<&str>) -> Result<Self, tungstenite::Error> {
        Self::over(TcpStream::connect(address).await?, address, sid).await
    }

    /// A client whose kernel takes very little that the client does not read.
    pub(crate) async fn open_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut client = Self::over(socket.connect(address).await.unwrap(), address, None).await.unwrap();
        client.connect("40").await;
        client
    }

    async fn over(stream: TcpStream, address: SocketAddr, sid: Option<&str>) -> Result<Self, tungstenite::Error> {
        let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket{sid}");
        Ok(Self(client_async(url, stream).await?.0))
    }

    /// A client in the main namespace.
    pub(crate) async fn connected(address: SocketAddr) -> Self {
        let mut client = Self::open(address, None).await.unwrap();
        client.connect("40").await;
        client
    }

    /// Reads the handshake, connects, and reads the answer and the welcome.
    async fn connect(&mut self, packet: &str) {
        assert!(self.text().await.starts_with("0{"));
        self.send(packet).await;
        assert!(self.text().await.starts_with("40{"));
        assert_eq!(self.text().await, r#"42["welcome"]"#);
    }

    /// Sends a text. A server that has closed already is a matter for what the test reads next.
    pub(crate) async fn send(&mut self, text: &str) {
        let _ = self.0.send(Message::text(text)).await;
    }

    pub(crate) async fn send_binary(&mut self, bytes: impl Into<Vec<u8>>) {
        let _ = self.0.send(Message::binary(bytes.into())).await;
    }

    /// The next message that is not a ping, which is answered; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("a message or the end in time");
            match message {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => self.send("3").await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(message)) => return Some(message),
            }
        }
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} instead of a text"),
        }
    }

    pub(crate) async fn binary(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("{other:?} instead of bytes"),
        }
    }

    /// Reads to the end and returns the texts on the way.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(message) = self.next().await {
            texts.push(message.to_string());
        }
        texts
    }

    /// Proves that the connection works in both directions.
    pub(crate) async fn check(&mut self) {
        self.send(r#"427["check",1]"#).await;
        assert_eq!(self.text().await, "437[1]");
    }
}

/// A client that polls.
pub(crate) struct PollClient {
    http: reqwest::Client,
    url: String,
    pub(crate) sid: String,
}

impl PollClient {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let url = format!("http://{address}/socket.io/?EIO=4&transport=polling");
        let open = http.get(&url).send().await.unwrap().text().await.unwrap();
        let open: serde_json::Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        let sid = open["sid"].as_str().unwrap().to_owned();
        Self { http, url: format!("{url}&sid={sid}"), sid }
    }

    /// A client in the main namespace.
    pub(crate) async fn connected(address: SocketAddr) -> Self {
        let client = Self::open(address).await;
        assert_eq!(client.post("40").await, (200, "ok".to_owned()));
        let mut answer = String::new();
        while !answer.contains("welcome") {
            answer += &client.poll().await.1;
        }
        client
    }

    pub(crate) async fn poll(&self) -> (u16, String) {
        let response = self.http.get(&self.url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let response = self.http.post(&self.url).body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) fn request(&self, method: reqwest::Method) -> reqwest::RequestBuilder {
        self.http.request(method, &self.url)
    }
}
