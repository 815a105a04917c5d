//! The WebSocket of a session: coalesced writes, and reads packet by packet.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    vec,
};

use axum::extract::ws::{Message as WsMessage, WebSocket, WebSocketUpgrade};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Error as WsError;

use super::{
    outbox::Load,
    packet::{Message, Packet},
};
use crate::{frame::Frame, reason::Reason, settings::Settings};

/// Bytes read at once; kept by every connection.
const READ_BUFFER: usize = 512;

/// Bytes of frames gathered for one write to the socket. The buffer grows to this only when they are there.
const WRITE_BUFFER: usize = 4096;

/// Limits the buffers and messages of a WebSocket that is about to be opened.
pub(crate) fn configure(upgrade: WebSocketUpgrade, settings: &Settings) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(settings.max_payload)
        .max_frame_size(settings.max_payload)
}

pub(crate) struct Channel {
    socket: WebSocket,
    /// Frames on their way into the socket's write buffer.
    frames: vec::IntoIter<Frame>,
    attachments: Option<(Arc<[Bytes]>, usize)>,
    /// What the frames weighed when they were taken; zero when everything is written.
    load: Load,
    dirty: bool,
}

impl Channel {
    pub(crate) fn new(socket: WebSocket) -> Self {
        Self { socket, frames: Vec::new().into_iter(), attachments: None, load: Load::default(), dirty: false }
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.dirty
    }

    /// Takes frames to write; the ones before must have been written.
    pub(crate) fn begin(&mut self, frames: Vec<Frame>) {
        self.load = Load::of(&frames);
        self.frames = frames.into_iter();
        self.dirty = true;
    }

    /// Writes on; the answer is what has been written in all, once it has.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<Load, Reason>> {
        if !self.dirty {
            return Poll::Ready(Ok(Load::default()));
        }
        loop {
            ready!(self.socket.poll_ready_unpin(cx)).map_err(|_| Reason::TransportError)?;
            let Some(message) = self.next_message() else {
                break;
            };
            self.socket.start_send_unpin(message).map_err(|_| Reason::TransportError)?;
        }
        ready!(self.socket.poll_flush_unpin(cx)).map_err(|_| Reason::TransportError)?;
        self.frames = Vec::new().into_iter();
        self.dirty = false;
        Poll::Ready(Ok(std::mem::take(&mut self.load)))
    }

    fn next_message(&mut self) -> Option<WsMessage> {
        loop {
            if let Some((attachments, next)) = &mut self.attachments {
                if let Some(bytes) = attachments.get(*next) {
                    *next += 1;
                    return Some(WsMessage::Binary(bytes.clone()));
                }
                self.attachments = None;
            }
            let (text, attachments) = self.frames.next()?.into_parts();
            self.attachments = attachments.map(|attachments| (attachments, 0));
            if let Some(text) = text {
                return Some(WsMessage::Text(text));
            }
        }
    }

    /// Reads the next packet.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Packet, Reason>> {
        loop {
            let message = match ready!(self.socket.poll_next_unpin(cx)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Poll::Ready(Err(reason(error))),
                None => return Poll::Ready(Err(Reason::TransportClose)),
            };
            let packet = match message {
                WsMessage::Ping(_) | WsMessage::Pong(_) => continue,
                WsMessage::Close(_) => Err(Reason::TransportClose),
                WsMessage::Binary(bytes) => Ok(Packet::Message(Message::Binary(bytes))),
                WsMessage::Text(text) => Packet::parse(text).map_err(|_| Reason::ProtocolError),
            };
            return Poll::Ready(packet);
        }
    }

    /// Says goodbye as far as the client takes it at once.
    pub(crate) fn part(mut self, rest: Vec<Frame>) {
        let mut cx = Context::from_waker(Waker::noop());
        if self.poll_write(&mut cx).is_pending() {
            return;
        }
        self.begin(rest);
        if matches!(self.poll_write(&mut cx), Poll::Ready(Ok(_))) {
            // The socket is dropped either way.
            let _ = self.socket.poll_close_unpin(&mut cx);
        }
    }
}

/// Closes a WebSocket that is not wanted, without waiting for the client.
pub(crate) fn turn_away(socket: WebSocket) {
    Channel::new(socket).part(Vec::new());
}

/// A client that goes away without a closing handshake has still just gone away.
fn reason(error: axum::Error) -> Reason {
    match error.into_inner().downcast_ref::<WsError>() {
        Some(WsError::Io(_)) | None => Reason::TransportError,
        Some(WsError::Protocol(tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
            Reason::TransportClose
        }
        Some(_) => Reason::ProtocolError,
    }
}
