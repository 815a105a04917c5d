use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::process::{Process, http};
use super::wait::in_time;

/// Bytes that the kernel keeps for a client that does not read; the least that makes no difference otherwise.
const RECEIVE_BUFFER: u32 = 16 * 1024;

/// A WebSocket on which anything can be sent.
pub(crate) struct WebSocketClient(WebSocketStream<TcpStream>);

impl WebSocketClient {
    /// Opens a connection; its first packet has been read.
    pub(crate) async fn open(connector: &Process) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("a buffer size");
        let address = ([127, 0, 0, 1], connector.port()).into();
        let stream = in_time("a connection", socket.connect(address)).await.expect("a connection");
        let url = format!("ws://127.0.0.1:{}/socket.io/?EIO=4&transport=websocket", connector.port());
        let upgrade = tokio_tungstenite::client_async(url, stream);
        let (socket, _) = in_time("the upgrade", upgrade).await.expect("a WebSocket");
        let mut client = Self(socket);
        let open = client.next().await.expect("the open packet");
        assert!(open.starts_with("0{"), "{open}");
        client
    }

    /// Opens a connection and connects to the namespace of the desktops.
    pub(crate) async fn connect(connector: &Process, token: &str) -> Self {
        let mut client = Self::open(connector).await;
        client.send(&format!("40{}", json!({"token": token}))).await;
        let connected = client.next().await.expect("an answer");
        assert!(connected.starts_with("40{"), "{connected}");
        client
    }

    pub(crate) async fn join(&mut self, conversation: &str) {
        self.send(&format!("421{}", json!(["join-conversation", conversation]))).await;
        assert_eq!(self.next().await, Some(format!("431{}", json!([true, conversation]))));
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends a message; one to a connection that has ended meanwhile is lost.
    pub(crate) async fn send_message(&mut self, message: Message) {
        let _ = in_time("a message is sent", self.0.send(message)).await;
    }

    /// Sends bytes that need not be a WebSocket frame.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        let _ = in_time("bytes are sent", self.0.get_mut().write_all(bytes)).await;
    }

    /// The next text; nothing once the connection has ended, however it did.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            match in_time("a message or the end", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}

/// A client that uses HTTP long-polling, on which anything can be sent.
pub(crate) struct PollingClient {
    url: String,
    sid: String,
}

impl PollingClient {
    /// Opens a session.
    pub(crate) async fn open(connector: &Process) -> Self {
        let url = connector.url("/socket.io/?EIO=4&transport=polling");
        let open = http().get(&url).send().await.expect("an answer").text().await.expect("a text");
        let open: Value = serde_json::from_str(open.strip_prefix('0').expect("the open packet")).expect("JSON");
        Self { url, sid: open["sid"].as_str().expect("a session id").to_owned() }
    }

    /// Opens a session and connects to the namespace of the desktops.
    pub(crate) async fn connect(connector: &Process, token: &str) -> Self {
        let client = Self::open(connector).await;
        assert_eq!(client.post(format!("40{}", json!({"token": token}))).await, 200);
        let (status, connected) = client.poll().await;
        assert!(status == 200 && connected.starts_with("40{"), "{status} {connected}");
        client
    }

    /// The status that a POST gets.
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> u16 {
        let request = http().post(self.session_url()).body(body);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// What a GET gets.
    pub(crate) async fn poll(&self) -> (u16, String) {
        let answer = http().get(self.session_url()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    pub(crate) fn session_url(&self) -> String {
        format!("{}&sid={}", self.url, self.sid)
    }
}
