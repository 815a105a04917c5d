//! Frames into bytes, as many as fit into one write.

use std::sync::Arc;
use std::vec;

use bytes::Bytes;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use crate::engine::outbox::Load;
use crate::frame::Frame;

/// Bytes that are gathered for one write.
const GATHER: usize = 16 * 1024;

/// Frames that are being written to a client. Exists only while there is something to write.
#[derive(Default)]
pub(crate) struct Batch {
    frames: vec::IntoIter<Frame>,
    attachments: Option<(Arc<[Bytes]>, usize)>,
    /// The current payload, and how much of it has been gathered.
    payload: Option<(Bytes, usize)>,
    gathered: Vec<u8>,
    /// How much of `gathered` has been written.
    written: usize,
    load: Load,
}

impl Batch {
    pub(crate) fn new(frames: Vec<Frame>) -> Self {
        let load = Load::of(&frames);
        let expected = frames.iter().map(|frame| frame.size() + 10).sum();
        Self { frames: frames.into_iter(), gathered: Vec::with_capacity(GATHER.min(expected)), load, ..Self::default() }
    }

    /// Number and size of all frames of the batch.
    pub(crate) fn load(&self) -> Load {
        self.load
    }

    /// Returns the bytes to write next, none if all have been written. `control` is inserted between
    /// two messages.
    pub(crate) fn pending(&mut self, control: &mut Option<Box<ControlFrame>>) -> &[u8] {
        if self.written == self.gathered.len() {
            self.gathered.clear();
            self.written = 0;
            while self.gathered.len() < GATHER && self.gather(control) {}
        }
        self.gathered.get(self.written..).unwrap_or_default()
    }

    pub(crate) fn advance(&mut self, written: usize) {
        self.written += written;
    }

    /// Gathers the next piece. Returns whether there was one.
    fn gather(&mut self, control: &mut Option<Box<ControlFrame>>) -> bool {
        if let Some((payload, done)) = &mut self.payload {
            let end = payload.len().min(*done + GATHER);
            self.gathered.extend_from_slice(&payload[*done..end]);
            *done = end;
            if end == payload.len() {
                self.payload = None;
            }
            return true;
        }
        if let Some(control) = control.take() {
            self.gathered.extend_from_slice(&control.0);
            return true;
        }
        let Some((kind, payload)) = self.next_message() else {
            return false;
        };
        push_header(OpCode::Data(kind), payload.len(), &mut self.gathered);
        self.payload = Some((payload, 0));
        true
    }

    fn next_message(&mut self) -> Option<(Data, Bytes)> {
        loop {
            if let Some((attachments, next)) = &mut self.attachments {
                if let Some(bytes) = attachments.get(*next) {
                    *next += 1;
                    return Some((Data::Binary, bytes.clone()));
                }
                self.attachments = None;
            }
            let (text, attachments) = self.frames.next()?.into_parts();
            self.attachments = attachments.map(|attachments| (attachments, 0));
            if let Some(text) = text {
                return Some((Data::Text, text));
            }
        }
    }
}

/// An encoded control frame.
pub(crate) struct ControlFrame(Vec<u8>);

impl ControlFrame {
    /// `payload` is that of the ping, of at most 125 bytes.
    pub(crate) fn pong(payload: &[u8]) -> Self {
        Self::new(Control::Pong, payload)
    }

    pub(crate) fn close(code: CloseCode) -> Self {
        Self::new(Control::Close, &u16::from(code).to_be_bytes())
    }

    fn new(kind: Control, payload: &[u8]) -> Self {
        let mut frame = Vec::with_capacity(2 + payload.len());
        push_header(OpCode::Control(kind), payload.len(), &mut frame);
        frame.extend_from_slice(payload);
        Self(frame)
    }
}

fn push_header(opcode: OpCode, len: usize, out: &mut Vec<u8>) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    // Writing into memory does not fail.
    let _ = header.format(len as u64, out);
}
