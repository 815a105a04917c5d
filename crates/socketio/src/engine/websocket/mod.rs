//! The server's end of a WebSocket that carries Engine.IO packets, made for many connections that
//! are idle most of the time.
//!
//! Specification: <https://www.rfc-editor.org/rfc/rfc6455>. Frame headers are encoded and parsed by
//! tungstenite. Its `WebSocket` is not used, because its buffers stay as large as the largest message
//! that ever passed, in each direction. Here a connection with nothing to read or to write owns no
//! buffer.

mod decoder;
mod encoder;
pub(crate) mod handshake;

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tungstenite::protocol::frame::coding::CloseCode;

pub(crate) use self::decoder::{Decoder, WebSocketMessage};

use self::decoder::Decoded;
use self::encoder::{Batch, ControlFrame};
use crate::engine::outbox::Load;
use crate::engine::packet::{ClientMessage, EnginePacket};
use crate::frame::Frame;
use crate::reason::Reason;

/// Bytes read at once, into the stack.
const READ: usize = 4096;

/// How long a client may take to read the close frame that tells it what it did wrong.
const LINGER: Duration = Duration::from_secs(2);

/// An open WebSocket.
pub(crate) struct WebSocket<Io = TokioIo<Upgraded>> {
    io: Io,
    decoder: Decoder,
    batch: Option<Box<Batch>>,
    /// A control frame to be written before the next message. A later pong replaces an earlier one:
    /// <https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3>.
    control: Option<Box<ControlFrame>>,
    /// Whether the client has accepted bytes since [`WebSocket::take_progress`] was called.
    has_progressed: bool,
    /// The code of the close frame, if the client's input determines it.
    close_code: Option<CloseCode>,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    /// Accepts messages of at most `max_payload` bytes.
    pub(crate) fn new(io: Io, max_payload: usize) -> Self {
        Self {
            io,
            decoder: Decoder::new(max_payload),
            batch: None,
            control: None,
            has_progressed: false,
            close_code: None,
        }
    }

    /// Changes the limit, from the next frame on.
    pub(crate) fn set_max_payload(&mut self, max_payload: usize) {
        self.decoder.set_max_payload(max_payload);
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.batch.is_some()
    }

    /// Starts to write frames. The previous ones must have been written.
    pub(crate) fn start_write(&mut self, frames: Vec<Frame>) {
        self.batch = Some(Box::new(Batch::new(frames)));
    }

    /// Continues to write. Returns how much has been written in all, once it has.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<Load, Reason>> {
        if self.control.is_some() && self.batch.is_none() {
            self.batch = Some(Box::default());
        }
        let Some(batch) = &mut self.batch else {
            return Poll::Ready(Ok(Load::default()));
        };
        loop {
            let bytes = batch.pending(&mut self.control);
            if bytes.is_empty() {
                break;
            }
            match ready!(Pin::new(&mut self.io).poll_write(cx, bytes)) {
                Ok(0) | Err(_) => return Poll::Ready(Err(Reason::TransportError)),
                Ok(written) => {
                    batch.advance(written);
                    self.has_progressed = true;
                }
            }
        }
        ready!(Pin::new(&mut self.io).poll_flush(cx)).map_err(|_| Reason::TransportError)?;
        let load = batch.load();
        self.batch = None;
        Poll::Ready(Ok(load))
    }

    /// Returns whether the client has accepted bytes since the last call.
    pub(crate) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.has_progressed)
    }

    /// Reads the next packet.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<EnginePacket, Reason>> {
        Poll::Ready(match ready!(self.poll_message(cx))? {
            WebSocketMessage::Text(text) => EnginePacket::parse(text).map_err(|_| Reason::ProtocolError),
            WebSocketMessage::Binary(bytes) => Ok(EnginePacket::Message(ClientMessage::Binary(bytes))),
        })
    }

    /// Reads the next message. Pings of the WebSocket itself are answered.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<WebSocketMessage, Reason>> {
        loop {
            match self.decoder.next_message() {
                Ok(Some(Decoded::Message(message))) => return Poll::Ready(Ok(message)),
                Ok(Some(Decoded::Ping(payload))) => {
                    self.control = Some(Box::new(ControlFrame::pong(&payload)));
                    // A write in progress includes the pong. It must be completed by the caller that
                    // started it, which needs its load. A pong that blocks is sent with the next write.
                    if !self.is_writing()
                        && let Poll::Ready(Err(reason)) = self.poll_write(cx)
                    {
                        return Poll::Ready(Err(reason));
                    }
                }
                Ok(Some(Decoded::Pong)) => {}
                Ok(Some(Decoded::Close(code))) => {
                    self.close_code = Some(code);
                    return Poll::Ready(Err(Reason::TransportClose));
                }
                Ok(None) => ready!(self.poll_fill(cx))?,
                Err(error) => {
                    self.close_code = Some(error.code());
                    return Poll::Ready(Err(Reason::ProtocolError));
                }
            }
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut space = ReadBuf::uninit(&mut space);
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut space));
        read.map_err(|_| Reason::TransportError)?;
        if space.filled().is_empty() {
            return Poll::Ready(Err(Reason::TransportClose));
        }
        self.decoder.feed(space.filled());
        Poll::Ready(Ok(()))
    }

    /// Sends the remaining frames and a close frame, as far as possible without waiting. Returns the
    /// WebSocket if it should [linger](Self::linger).
    pub(crate) fn close(mut self, unsent: Vec<Frame>, reason: Reason) -> Option<Self> {
        let mut cx = Context::from_waker(Waker::noop());
        let code = self.close_code.unwrap_or_else(|| close_code(reason));
        let mut is_written = |this: &mut Self| matches!(this.poll_write(&mut cx), Poll::Ready(Ok(_)));
        if !is_written(&mut self) {
            return None;
        }
        self.start_write(unsent);
        if !is_written(&mut self) {
            return None;
        }
        self.control = Some(Box::new(ControlFrame::close(code)));
        if !is_written(&mut self) {
            return None;
        }
        // An error means that the connection is closed already.
        let _ = Pin::new(&mut self.io).poll_shutdown(&mut cx);
        (reason == Reason::ProtocolError).then_some(self)
    }

    /// Discards input until the client closes the connection, for a limited time. If the connection
    /// were dropped with input unread, a TCP reset could overtake the close frame.
    pub(crate) async fn linger(mut self) {
        let closed = poll_fn(|cx| {
            loop {
                self.decoder = Decoder::new(0);
                if ready!(self.poll_fill(cx)).is_err() {
                    return Poll::Ready(());
                }
            }
        });
        // Either way the connection is dropped.
        let _ = timeout(LINGER, closed).await;
    }
}

/// <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>
fn close_code(reason: Reason) -> CloseCode {
    match reason {
        Reason::ProtocolError => CloseCode::Protocol,
        Reason::Shutdown | Reason::Recycled => CloseCode::Away,
        _ => CloseCode::Normal,
    }
}

#[cfg(test)]
mod tests;
