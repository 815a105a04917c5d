//! Messages out of the bytes of a client: <https://www.rfc-editor.org/rfc/rfc6455#section-5>.

use std::io::Cursor;

use bytes::Bytes;
use thiserror::Error;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// Largest payload of a control frame.
const MAX_CONTROL: usize = 125;

/// What came from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// A ping, to be answered with the same bytes.
    Ping(Vec<u8>),
    /// An answer to a ping.
    Pong,
    /// The closing handshake.
    Close,
}

/// A client that breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// A frame with a reserved bit or operation, or a control frame that is fragmented or too large.
    #[error("invalid frame header")]
    Header,
    /// A frame that is not masked.
    #[error("frame without a mask")]
    Unmasked,
    /// A continuation of nothing, or a new message before the end of another.
    #[error("fragments out of order")]
    Fragments,
    /// A message larger than allowed.
    #[error("message too large")]
    TooLarge,
    /// A text that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
}

/// Takes bytes as they come, and gives messages.
#[derive(Debug)]
pub struct Decoder {
    /// Bytes that are not a whole frame yet, or have not been looked at; no memory if there are none.
    buffer: Vec<u8>,
    /// How much of the buffer is done with.
    start: usize,
    partial: Option<Box<Partial>>,
    max_payload: usize,
}

/// The beginning of a fragmented message.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    payload: Vec<u8>,
}

/// A frame with its payload unmasked.
struct Frame {
    opcode: OpCode,
    is_final: bool,
    payload: Vec<u8>,
}

impl Decoder {
    /// For messages of at most so many bytes.
    pub fn new(max_payload: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, partial: None, max_payload }
    }

    /// Takes messages of at most so many bytes from the next frame on.
    pub fn allow(&mut self, max_payload: usize) {
        self.max_payload = max_payload;
    }

    /// Takes the next bytes of the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if its bytes are there.
    ///
    /// # Errors
    /// Any [`Broken`]; the connection cannot go on then.
    pub fn next_message(&mut self) -> Result<Option<Incoming>, Broken> {
        while let Some(frame) = self.next_frame()? {
            if let Some(incoming) = self.assemble(frame)? {
                return Ok(Some(incoming));
            }
        }
        Ok(None)
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, Broken> {
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let mut cursor = Cursor::new(bytes);
        let Some((header, len)) = FrameHeader::parse(&mut cursor).map_err(|_| Broken::Header)? else {
            self.release();
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| Broken::TooLarge)?;
        let mask = self.check(&header, len)?;
        let begin = usize::try_from(cursor.position()).map_err(|_| Broken::TooLarge)?;
        let Some(payload) = bytes.get(begin..begin + len) else {
            return Ok(None);
        };
        let payload = unmask(payload, mask);
        self.start += begin + len;
        self.release();
        Ok(Some(Frame { opcode: header.opcode, is_final: header.is_final, payload }))
    }

    /// Gives the buffer back once it is used up.
    fn release(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer = Vec::new();
            self.start = 0;
        }
    }

    /// Everything that can be said against a frame before its payload is there; the answer is its mask.
    fn check(&self, header: &FrameHeader, len: usize) -> Result<[u8; 4], Broken> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Broken::Header);
        }
        if matches!(header.opcode, OpCode::Control(_)) && (!header.is_final || len > MAX_CONTROL) {
            return Err(Broken::Header);
        }
        let before = self.partial.as_ref().map_or(0, |partial| partial.payload.len());
        if len > self.max_payload.saturating_sub(before) && matches!(header.opcode, OpCode::Data(_)) {
            return Err(Broken::TooLarge);
        }
        header.mask.ok_or(Broken::Unmasked)
    }

    fn assemble(&mut self, frame: Frame) -> Result<Option<Incoming>, Broken> {
        let is_text = match frame.opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Incoming::Ping(frame.payload))),
            OpCode::Control(Control::Pong) => return Ok(Some(Incoming::Pong)),
            OpCode::Control(Control::Close) => return Ok(Some(Incoming::Close)),
            OpCode::Control(Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                return Err(Broken::Header);
            }
            OpCode::Data(Data::Continue) => return self.extend(&frame),
            OpCode::Data(Data::Text) => true,
            OpCode::Data(Data::Binary) => false,
        };
        if self.partial.is_some() {
            return Err(Broken::Fragments);
        }
        let message = Partial { is_text, payload: frame.payload };
        if frame.is_final {
            return message.finish().map(Some);
        }
        self.partial = Some(Box::new(message));
        Ok(None)
    }

    fn extend(&mut self, frame: &Frame) -> Result<Option<Incoming>, Broken> {
        let mut partial = self.partial.take().ok_or(Broken::Fragments)?;
        partial.payload.extend_from_slice(&frame.payload);
        if frame.is_final {
            return partial.finish().map(Some);
        }
        self.partial = Some(partial);
        Ok(None)
    }
}

impl Partial {
    fn finish(self) -> Result<Incoming, Broken> {
        if self.is_text {
            String::from_utf8(self.payload).map(Incoming::Text).map_err(|_| Broken::Utf8)
        } else {
            Ok(Incoming::Binary(self.payload.into()))
        }
    }
}

fn unmask(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut payload = payload.to_vec();
    let mut words = payload.chunks_exact_mut(4);
    for word in &mut words {
        word.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    words.into_remainder().iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    payload
}

#[cfg(test)]
mod tests;
