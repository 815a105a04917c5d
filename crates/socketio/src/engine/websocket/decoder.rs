//! Bytes of a client into messages: <https://www.rfc-editor.org/rfc/rfc6455#section-5>.

use std::io::Cursor;

use bytes::Bytes;
use thiserror::Error;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// Largest payload of a control frame, in bytes.
const MAX_CONTROL: usize = 125;

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    Message(WebSocketMessage),
    /// To be answered by a pong with the same payload.
    Ping(Vec<u8>),
    Pong,
    /// The start of the closing handshake, with the code to answer.
    Close(CloseCode),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WebSocketMessage {
    Text(String),
    Binary(Bytes),
}

/// How a client violates the protocol, or exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum WebSocketError {
    /// A reserved bit or opcode, or a control frame that is fragmented or too large.
    #[error("invalid frame header")]
    Header,
    #[error("frame without a mask")]
    Unmasked,
    /// A continuation without a start, or a new message within another one.
    #[error("fragments out of order")]
    Fragments,
    /// A close frame of one byte, or with a code that must not be sent.
    #[error("invalid close frame")]
    Close,
    #[error("message too large")]
    TooLarge,
    #[error("invalid UTF-8")]
    Utf8,
}

impl WebSocketError {
    /// Returns the code of the close frame that the client gets:
    /// <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>.
    pub(crate) const fn code(self) -> CloseCode {
        match self {
            Self::Header | Self::Unmasked | Self::Fragments | Self::Close => CloseCode::Protocol,
            Self::TooLarge => CloseCode::Size,
            Self::Utf8 => CloseCode::Invalid,
        }
    }
}

/// Decodes messages from pieces of any size.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes that have not been decoded. Owns no memory while there are none.
    buffer: Vec<u8>,
    /// Number of bytes at the start of the buffer that have been decoded.
    start: usize,
    partial: Option<Box<Partial>>,
    max_payload: usize,
}

/// A fragmented message whose last frame has not arrived.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    payload: Vec<u8>,
}

/// A frame, unmasked.
struct DataFrame {
    opcode: OpCode,
    is_final: bool,
    payload: Vec<u8>,
}

impl Decoder {
    /// Accepts messages of at most `max_payload` bytes.
    pub(crate) fn new(max_payload: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, partial: None, max_payload }
    }

    /// Changes the limit, from the next frame on.
    pub(crate) fn set_max_payload(&mut self, max_payload: usize) {
        self.max_payload = max_payload;
    }

    /// Adds bytes from the client.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next message, or `None` if more bytes are needed. After an error the rest of the
    /// input has no meaning.
    pub(crate) fn next_message(&mut self) -> Result<Option<Decoded>, WebSocketError> {
        while let Some(frame) = self.next_frame()? {
            if let Some(incoming) = self.assemble(frame)? {
                return Ok(Some(incoming));
            }
        }
        Ok(None)
    }

    fn next_frame(&mut self) -> Result<Option<DataFrame>, WebSocketError> {
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let mut cursor = Cursor::new(bytes);
        let Some((header, len)) = FrameHeader::parse(&mut cursor).map_err(|_| WebSocketError::Header)? else {
            self.release();
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| WebSocketError::TooLarge)?;
        let mask = self.check(&header, len)?;
        let begin = usize::try_from(cursor.position()).map_err(|_| WebSocketError::TooLarge)?;
        let Some(payload) = bytes.get(begin..begin + len) else {
            return Ok(None);
        };
        let payload = unmask(payload, mask);
        self.start += begin + len;
        self.release();
        Ok(Some(DataFrame { opcode: header.opcode, is_final: header.is_final, payload }))
    }

    /// Frees the buffer once all of it has been decoded.
    fn release(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer = Vec::new();
            self.start = 0;
        }
    }

    /// Validates the header of a frame with a payload of `len` bytes. Returns the masking key.
    fn check(&self, header: &FrameHeader, len: usize) -> Result<[u8; 4], WebSocketError> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(WebSocketError::Header);
        }
        if matches!(header.opcode, OpCode::Control(_)) && (!header.is_final || len > MAX_CONTROL) {
            return Err(WebSocketError::Header);
        }
        let before = self.partial.as_ref().map_or(0, |partial| partial.payload.len());
        if len > self.max_payload.saturating_sub(before) && matches!(header.opcode, OpCode::Data(_)) {
            return Err(WebSocketError::TooLarge);
        }
        header.mask.ok_or(WebSocketError::Unmasked)
    }

    fn assemble(&mut self, frame: DataFrame) -> Result<Option<Decoded>, WebSocketError> {
        let is_text = match frame.opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Decoded::Ping(frame.payload))),
            OpCode::Control(Control::Pong) => return Ok(Some(Decoded::Pong)),
            OpCode::Control(Control::Close) => return parse_close(&frame.payload).map(Decoded::Close).map(Some),
            OpCode::Control(Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                return Err(WebSocketError::Header);
            }
            OpCode::Data(Data::Continue) => return self.extend(&frame),
            OpCode::Data(Data::Text) => true,
            OpCode::Data(Data::Binary) => false,
        };
        if self.partial.is_some() {
            return Err(WebSocketError::Fragments);
        }
        let message = Partial { is_text, payload: frame.payload };
        if frame.is_final {
            return message.finish().map(Some);
        }
        self.partial = Some(Box::new(message));
        Ok(None)
    }

    fn extend(&mut self, frame: &DataFrame) -> Result<Option<Decoded>, WebSocketError> {
        let mut partial = self.partial.take().ok_or(WebSocketError::Fragments)?;
        partial.payload.extend_from_slice(&frame.payload);
        if frame.is_final {
            return partial.finish().map(Some);
        }
        self.partial = Some(partial);
        Ok(None)
    }
}

impl Partial {
    fn finish(self) -> Result<Decoded, WebSocketError> {
        Ok(Decoded::Message(if self.is_text {
            WebSocketMessage::Text(String::from_utf8(self.payload).map_err(|_| WebSocketError::Utf8)?)
        } else {
            WebSocketMessage::Binary(self.payload.into())
        }))
    }
}

/// Returns the code to answer a close frame with: its own, or 1000 if it has none.
fn parse_close(payload: &[u8]) -> Result<CloseCode, WebSocketError> {
    match payload {
        [] => Ok(CloseCode::Normal),
        [high, low, reason @ ..] => {
            let code = CloseCode::from(u16::from_be_bytes([*high, *low]));
            if !code.is_allowed() {
                return Err(WebSocketError::Close);
            }
            std::str::from_utf8(reason).map(|_| code).map_err(|_| WebSocketError::Utf8)
        }
        _ => Err(WebSocketError::Close),
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
