//! WebSocket frames (RFC 6455 section 5), as far as a Socket.IO client needs them: whole messages below 64 kB.

/// What a frame is for (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A text message.
    Text,
    /// The other side wants a pong.
    Ping,
    /// Answer to a ping.
    Pong,
    /// The other side closes.
    Close,
}

/// A frame as the server sends it.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is for.
    pub opcode: Opcode,
    /// Its content.
    pub payload: &'a [u8],
}

/// A frame that this client does not understand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Continuation, binary or reserved.
    #[error("a frame with the first byte {0:#04x}: only whole, uncompressed text messages are expected")]
    Kind(u8),
    /// A server must not mask (RFC 6455 section 5.1).
    #[error("a masked frame from the server")]
    Masked,
    /// The length needs 64 bits.
    #[error("a frame of 64 kB or more")]
    TooLong,
}

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const LENGTH_IN_16_BITS: u8 = 126;

/// Reads one frame from the start of `bytes`; answers it with its length on the wire, or `None` if it is not whole yet.
///
/// # Errors
/// When the frame is none that a Socket.IO server sends to this client.
pub fn decode(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, FrameError> {
    let &[first, second, ..] = bytes else {
        return Ok(None);
    };
    let opcode = opcode(first)?;
    if second & MASKED != 0 {
        return Err(FrameError::Masked);
    }
    let (start, length) = match (second, bytes) {
        (0..LENGTH_IN_16_BITS, _) => (2, usize::from(second)),
        (LENGTH_IN_16_BITS, &[_, _, high, low, ..]) => (4, usize::from(u16::from_be_bytes([high, low]))),
        (LENGTH_IN_16_BITS, _) => return Ok(None),
        _ => return Err(FrameError::TooLong),
    };
    let end = start + length;
    Ok(bytes.get(start..end).map(|payload| (Frame { opcode, payload }, end)))
}

fn opcode(first: u8) -> Result<Opcode, FrameError> {
    match first ^ FINAL {
        0x1 => Ok(Opcode::Text),
        0x8 => Ok(Opcode::Close),
        0x9 => Ok(Opcode::Ping),
        0xA => Ok(Opcode::Pong),
        _ => Err(FrameError::Kind(first)),
    }
}

/// Appends a frame of a client, which must be masked (RFC 6455 section 5.3).
///
/// # Errors
/// When `payload` has 64 kB or more.
pub fn encode(opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) -> Result<(), FrameError> {
    let length = u16::try_from(payload.len()).map_err(|_| FrameError::TooLong)?;
    out.push(FINAL | code(opcode));
    match u8::try_from(length) {
        Ok(short) if short < LENGTH_IN_16_BITS => out.push(MASKED | short),
        _ => {
            out.push(MASKED | LENGTH_IN_16_BITS);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Ok(())
}

const fn code(opcode: Opcode) -> u8 {
    match opcode {
        Opcode::Text => 0x1,
        Opcode::Close => 0x8,
        Opcode::Ping => 0x9,
        Opcode::Pong => 0xA,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns what a client sends into what a server would have sent.
    fn unmask(frame: &[u8]) -> Vec<u8> {
        let head = if frame[1] & 0x7F == LENGTH_IN_16_BITS { 4 } else { 2 };
        let (mask, payload) = frame[head..].split_at(4);
        let mut plain = frame[..head].to_vec();
        plain[1] &= 0x7F;
        plain.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        plain
    }

    #[test]
    fn masks_as_the_specification_shows() {
        // RFC 6455 section 5.7: a single-frame masked text message, "Hello".
        let mut out = Vec::new();
        encode(Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d], &mut out).unwrap();
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn reads_what_it_wrote_at_every_length_class() {
        for length in [0, 1, 125, 126, 255, 256, 65_535] {
            let payload = vec![b'x'; length];
            let mut out = Vec::new();
            encode(Opcode::Text, &payload, [1, 2, 3, 4], &mut out).unwrap();
            let plain = unmask(&out);
            let (frame, used) = decode(&plain).unwrap().unwrap();
            assert_eq!((frame.opcode, frame.payload, used), (Opcode::Text, &payload[..], plain.len()));
        }
    }

    #[test]
    fn waits_for_the_rest_of_a_frame_at_every_cut() {
        let mut wire = vec![0x81, LENGTH_IN_16_BITS, 0, 200];
        wire.extend([b'y'; 200]);
        for cut in 0..wire.len() {
            assert_eq!(decode(&wire[..cut]), Ok(None), "cut at {cut}");
        }
        assert!(decode(&wire).unwrap().is_some());
    }

    #[test]
    fn leaves_the_next_frame_alone() {
        let (frame, used) = decode(&[0x89, 1, b'p', 0x81, 0]).unwrap().unwrap();
        assert_eq!((frame.opcode, frame.payload, used), (Opcode::Ping, &b"p"[..], 3));
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        assert_eq!(decode(&[0x01, 0]), Err(FrameError::Kind(0x01)), "a fragment");
        assert_eq!(decode(&[0xC1, 0]), Err(FrameError::Kind(0xC1)), "compressed");
        assert_eq!(decode(&[0x81, 0x80]), Err(FrameError::Masked));
        assert_eq!(decode(&[0x81, 127]), Err(FrameError::TooLong));
        let mut out = Vec::new();
        assert_eq!(encode(Opcode::Text, &vec![0; 65_536], [0; 4], &mut out), Err(FrameError::TooLong));
    }
}
