//! A WebSocket that carries Engine.IO packets.

use std::{
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control};

use super::{
    decoder::{Decoder, Incoming},
    writer::{Batch, ControlFrame},
};
use crate::{
    engine::{
        outbox::Load,
        packet::{Message, Packet},
    },
    frame::Frame,
    reason::Reason,
};

/// Bytes read at once, on the stack of whichever thread reads.
const READ: usize = 4096;

/// An open WebSocket.
pub(crate) struct Channel<Io = TokioIo<Upgraded>> {
    io: Io,
    decoder: Decoder,
    batch: Option<Box<Batch>>,
    /// A control frame to be written before the next message. Pings may be answered by the last pong alone.
    control: Option<Box<ControlFrame>>,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Channel<Io> {
    pub(crate) fn new(io: Io, max_payload: usize) -> Self {
        Self { io, decoder: Decoder::new(max_payload), batch: None, control: None }
    }

    /// Takes messages of at most so many bytes from now on.
    pub(crate) fn allow(&mut self, max_payload: usize) {
        self.decoder.allow(max_payload);
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.batch.is_some()
    }

    /// Takes frames to write; the ones before must have been written.
    pub(crate) fn begin(&mut self, frames: Vec<Frame>) {
        self.batch = Some(Box::new(Batch::new(frames)));
    }

    /// Writes on; the answer is what has been written in all, once it has.
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
                Ok(written) => batch.advance(written),
            }
        }
        ready!(Pin::new(&mut self.io).poll_flush(cx)).map_err(|_| Reason::TransportError)?;
        let load = batch.load();
        self.batch = None;
        Poll::Ready(Ok(load))
    }

    /// Reads the next packet.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Packet, Reason>> {
        loop {
            let Some(incoming) = self.decoder.next_message().map_err(|_| Reason::ProtocolError)? else {
                ready!(self.poll_fill(cx))?;
                continue;
            };
            let packet = match incoming {
                Incoming::Text(text) => Packet::parse(text).map_err(|_| Reason::ProtocolError),
                Incoming::Binary(bytes) => Ok(Packet::Message(Message::Binary(bytes))),
                Incoming::Pong => continue,
                Incoming::Close => Err(Reason::TransportClose),
                Incoming::Ping(payload) => {
                    self.control = Some(Box::new(ControlFrame::new(Control::Pong, &payload)));
                    // A write under way takes the pong along, and must be ended by whoever began it, to
                    // whom its load matters. If the client does not take it now, it waits for the next one.
                    if !self.is_writing()
                        && let Poll::Ready(Err(reason)) = self.poll_write(cx)
                    {
                        return Poll::Ready(Err(reason));
                    }
                    continue;
                }
            };
            return Poll::Ready(packet);
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

    /// Says goodbye as far as the client takes it at once.
    pub(crate) fn part(mut self, rest: Vec<Frame>, reason: Reason) {
        let mut cx = Context::from_waker(Waker::noop());
        if !matches!(self.poll_write(&mut cx), Poll::Ready(Ok(_))) {
            return;
        }
        self.begin(rest);
        if !matches!(self.poll_write(&mut cx), Poll::Ready(Ok(_))) {
            return;
        }
        self.control = Some(Box::new(ControlFrame::new(Control::Close, &close_code(reason))));
        // Whether it gets there or not, the connection is dropped.
        let _ = self.poll_write(&mut cx);
        let _ = Pin::new(&mut self.io).poll_shutdown(&mut cx);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>
fn close_code(reason: Reason) -> [u8; 2] {
    let code = match reason {
        Reason::ProtocolError => CloseCode::Protocol,
        Reason::Shutdown | Reason::Recycled => CloseCode::Away,
        _ => CloseCode::Normal,
    };
    u16::from(code).to_be_bytes()
}

#[cfg(test)]
mod tests;
