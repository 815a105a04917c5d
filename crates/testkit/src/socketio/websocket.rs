use std::io;
use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::wait::in_time;

/// Bytes of a connection's buffer. It grows with the messages, so that an idle connection costs little.
const BUFFER: usize = 1024;

#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The session that is to be upgraded to this WebSocket.
    pub sid: Option<&'a str>,
    /// Bytes that the kernel keeps for a client that does not read; the system's choice if there is none.
    pub receive_buffer: Option<u32>,
    /// The address that it connects from; the system's choice if there is none.
    pub source: Option<SocketAddr>,
}

impl Options<'_> {
    /// A client for which the kernel keeps very little.
    pub fn narrow() -> Self {
        Self { receive_buffer: Some(4096), ..Self::default() }
    }
}

#[derive(Debug)]
pub struct WebSocketClient {
    /// The WebSocket, to read and write it as it is.
    pub stream: WebSocketStream<TcpStream>,
}

impl WebSocketClient {
    /// Opens a WebSocket; nothing is read from it.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses the upgrade.
    pub async fn open(server: SocketAddr) -> Result<Self, Error> {
        Self::open_with(server, Options::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses the upgrade.
    pub async fn open_with(server: SocketAddr, options: Options<'_>) -> Result<Self, Error> {
        let stream = connect(server, options).await?;
        let sid = options.sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        let url = format!("ws://{server}/socket.io/?EIO=4&transport=websocket{sid}");
        let buffers = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
        let upgrade = client_async_with_config(url, stream, Some(buffers));
        Ok(Self { stream: in_time("the upgrade", upgrade).await?.0 })
    }

    /// Waits for the next message that is not an Engine.IO ping, which is answered, for as long as it takes.
    ///
    /// # Errors
    /// Why the connection has ended.
    pub async fn receive(&mut self) -> Result<Message, Error> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => self.send("3").await,
                Some(Ok(Message::Close(_))) | None => return Err(Error::ConnectionClosed),
                Some(message) => return message,
            }
        }
    }

    /// The next message that is not a ping; nothing once the connection has ended, however it did.
    pub async fn next(&mut self) -> Option<Message> {
        in_time("a message or the end", self.receive()).await.ok()
    }

    /// The next message, which is a text.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} instead of a text"),
        }
    }

    /// The next message, which is binary.
    pub async fn binary(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("{other:?} instead of bytes"),
        }
    }

    /// Reads to the end; the messages on the way.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(message) = self.next().await {
            texts.push(message.to_string());
        }
        texts
    }

    /// Sends a text. If the connection has ended meanwhile, it is lost, as what is read next tells.
    pub async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends a message. If the connection has ended meanwhile, it is lost.
    pub async fn send_message(&mut self, message: Message) {
        let _ = in_time("a message is sent", self.stream.send(message)).await;
    }

    /// Sends bytes that need not be a frame.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let _ = in_time("bytes are sent", self.stream.get_mut().write_all(bytes)).await;
    }
}

async fn connect(server: SocketAddr, options: Options<'_>) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    if let Some(bytes) = options.receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    if let Some(source) = options.source {
        socket.set_reuseaddr(true)?;
        socket.bind(source)?;
    }
    in_time("a connection", socket.connect(server)).await
}
