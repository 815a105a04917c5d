//! One desktop on its WebSocket.

use std::{cell::RefCell, io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::session::{ProtocolError, Reaction, Session};
use crate::{
    event::Marker,
    wire::{
        http::{EXCHANGE_TIMEOUT, HttpError, open, parse_head},
        websocket::{self, FrameError, Opcode},
    },
};

/// Engine.IO's `pingInterval` and `pingTimeout` together: a server that is silent for longer is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(45);

/// Two of the longest frames, so that a cut frame always fits beside what is read next.
const SCRATCH_SIZE: usize = 2 * 65_536;

thread_local! {
    /// Shared by all desktops, which therefore need no read buffer while they are idle.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_SIZE]);
}

/// Why a desktop is not connected.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// The connection failed or was never opened.
    #[error("the desktop's connection failed")]
    Http(#[from] HttpError),
    /// The server did not switch to WebSocket.
    #[error("the WebSocket was refused with status {0}")]
    Refused(u16),
    /// A frame was not understood.
    #[error("the desktop got a frame that it does not understand")]
    Frame(#[from] FrameError),
    /// Socket.IO went wrong.
    #[error("the desktop's Socket.IO session went wrong")]
    Protocol(#[from] ProtocolError),
    /// Nothing came, not even a ping.
    #[error("the server was silent for too long")]
    Silent,
}

impl From<io::Error> for DesktopError {
    fn from(error: io::Error) -> Self {
        Self::Http(error.into())
    }
}

/// With what a desktop connects.
pub struct Login<'a> {
    /// The connector.
    pub server: SocketAddr,
    /// The own address, when one does not have enough ports.
    pub source: Option<SocketAddr>,
    /// The JWT.
    pub token: &'a str,
    /// The conversation that it joins.
    pub conversation: Option<&'a str>,
}

/// A connected desktop.
pub struct Desktop {
    stream: TcpStream,
    /// The beginning of a frame whose end has not arrived.
    partial: Vec<u8>,
    session: Session,
}

impl Desktop {
    /// Connects, presents the token and joins.
    ///
    /// # Errors
    /// When any of it fails or takes longer than [`EXCHANGE_TIMEOUT`].
    pub async fn connect(login: Login<'_>) -> Result<Self, DesktopError> {
        let connecting = Self::connect_slowly(login);
        timeout(EXCHANGE_TIMEOUT, connecting).await.map_err(HttpError::from)?
    }

    async fn connect_slowly(login: Login<'_>) -> Result<Self, DesktopError> {
        let mut stream = open(login.server, login.source).await?;
        let early = upgrade(&mut stream).await?;
        let mut desktop = Self { stream, partial: Vec::new(), session: Session::new(login.token, login.conversation) };
        desktop.digest_and_reply(&early).await?;
        while !desktop.session.is_settled() {
            desktop.step(&mut |_| ()).await?;
        }
        Ok(desktop)
    }

    /// Hands each event to `on_event` until the connection ends; answers why it ended.
    pub async fn watch(mut self, mut on_event: impl FnMut(Marker)) -> DesktopError {
        loop {
            match timeout(SILENCE_LIMIT, self.step(&mut on_event)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return DesktopError::Silent,
            }
        }
    }

    /// Takes what came with the answer to the upgrade; a new conversation has no events yet.
    async fn digest_and_reply(&mut self, early: &[u8]) -> Result<(), DesktopError> {
        let mut replies = Vec::new();
        let used = digest(&mut self.session, early, &mut replies, &mut |_| ())?;
        self.partial.extend_from_slice(&early[used..]);
        Ok(self.stream.write_all(&replies).await?)
    }

    /// Waits for bytes, takes the frames in them and answers what has to be answered.
    async fn step(&mut self, on_event: &mut impl FnMut(Marker)) -> Result<(), DesktopError> {
        self.stream.readable().await?;
        let mut replies = Vec::new();
        self.read(&mut replies, on_event)?;
        if !replies.is_empty() {
            self.stream.write_all(&replies).await?;
        }
        Ok(())
    }

    fn read(&mut self, replies: &mut Vec<u8>, on_event: &mut impl FnMut(Marker)) -> Result<(), DesktopError> {
        SCRATCH.with_borrow_mut(|scratch| {
            let kept = self.partial.len();
            scratch[..kept].copy_from_slice(&self.partial);
            let read = match self.stream.try_read(&mut scratch[kept..]) {
                Ok(0) => return Err(HttpError::Closed.into()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                other => other?,
            };
            let bytes = &scratch[..kept + read];
            let used = digest(&mut self.session, bytes, replies, on_event)?;
            self.partial.clear();
            self.partial.extend_from_slice(&bytes[used..]);
            Ok(())
        })
    }
}

/// Takes all whole frames of `bytes`; answers how many bytes they are.
fn digest(
    session: &mut Session,
    bytes: &[u8],
    replies: &mut Vec<u8>,
    on_event: &mut impl FnMut(Marker),
) -> Result<usize, DesktopError> {
    let mut used = 0;
    while let Some((frame, length)) = websocket::decode(&bytes[used..])? {
        used += length;
        match frame.opcode {
            Opcode::Text => match session.receive(frame.payload)? {
                Reaction::Reply(text) => {
                    websocket::encode(Opcode::Text, text.as_bytes(), MASK, replies)?;
                }
                Reaction::Event(marker) => on_event(marker),
                Reaction::Nothing => {}
            },
            Opcode::Ping => websocket::encode(Opcode::Pong, frame.payload, MASK, replies)?,
            Opcode::Pong => {}
            Opcode::Close => return Err(HttpError::Closed.into()),
        }
    }
    Ok(used)
}

/// Masks must be unpredictable to protect proxies from scripts (RFC 6455 section 10.3); here there is neither.
const MASK: [u8; 4] = [0x5A, 0xC3, 0x96, 0x0F];

const UPGRADE: &[u8] = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\
    host: bench\r\n\
    connection: Upgrade\r\n\
    upgrade: websocket\r\n\
    sec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Turns the connection into a WebSocket; answers what came behind the server's answer.
async fn upgrade(stream: &mut TcpStream) -> Result<Vec<u8>, DesktopError> {
    stream.write_all(UPGRADE).await?;
    let mut answer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(HttpError::Closed.into());
        }
        if let Some(head) = parse_head(&answer)? {
            return match head.status {
                101 => Ok(answer.split_off(head.length)),
                status => Err(DesktopError::Refused(status)),
            };
        }
    }
}
