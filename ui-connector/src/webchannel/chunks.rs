//! Chunks out of the bytes of a back channel: a decimal length, a newline, and so many characters.

/// A longer chunk is nothing that anybody sends, UTF-16 units.
const MAX_UNITS: usize = 1024 * 1024;
/// Digits of the length at the most.
const MAX_DIGITS: usize = 8;

/// The bytes are no chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidChunk {
    #[error("a chunk without a length")]
    Length,
    #[error("a chunk that is too large")]
    TooLarge,
    #[error("a chunk that is not UTF-8")]
    Utf8,
}

/// Takes bytes as they come, and gives chunks.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    buffer: Vec<u8>,
}

impl Chunks {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next chunk, if its bytes are there.
    pub(crate) fn next(&mut self) -> Result<Option<String>, InvalidChunk> {
        let Some(line) = self.buffer.iter().position(|byte| *byte == b'\n') else {
            return if self.buffer.len() > MAX_DIGITS { Err(InvalidChunk::Length) } else { Ok(None) };
        };
        let units = length(&self.buffer[..line])?;
        let start = line + 1;
        match bytes_of(&self.buffer[start..], units)? {
            None => Ok(None),
            Some(bytes) => {
                let rest = self.buffer.split_off(start + bytes);
                let chunk = std::mem::replace(&mut self.buffer, rest).split_off(start);
                String::from_utf8(chunk).map(Some).map_err(|_| InvalidChunk::Utf8)
            }
        }
    }
}

fn length(line: &[u8]) -> Result<usize, InvalidChunk> {
    let text = std::str::from_utf8(line).map_err(|_| InvalidChunk::Length)?.trim_end_matches('\r');
    let is_number = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let units = if is_number { text.parse().ok() } else { None };
    let units: usize = units.ok_or(InvalidChunk::Length)?;
    if units > MAX_UNITS { Err(InvalidChunk::TooLarge) } else { Ok(units) }
}

/// How many bytes so many characters take, counted as a browser does, in UTF-16 units; nothing if they are not there yet.
fn bytes_of(bytes: &[u8], units: usize) -> Result<Option<usize>, InvalidChunk> {
    let (mut at, mut counted) = (0, 0);
    while counted < units {
        let Some(first) = bytes.get(at) else { return Ok(None) };
        let (length, width) = match first {
            0x00..=0x7f => (1, 1),
            0xc2..=0xdf => (2, 1),
            0xe0..=0xef => (3, 1),
            0xf0..=0xf4 => (4, 2),
            _ => return Err(InvalidChunk::Utf8),
        };
        at += length;
        counted += width;
    }
    if counted > units {
        return Err(InvalidChunk::Length);
    }
    Ok((at <= bytes.len()).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8], size: usize) -> Result<Vec<String>, InvalidChunk> {
        let (mut chunks, mut found) = (Chunks::default(), Vec::new());
        for part in bytes.chunks(size) {
            chunks.feed(part);
            while let Some(chunk) = chunks.next()? {
                found.push(chunk);
            }
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn chunks_come_out_as_they_went_in(texts in prop::collection::vec(".{0,40}", 0..6), size in 1_usize..50) {
            let framed: Vec<_> = texts.iter().map(|text| format!("{}\n{text}", text.encode_utf16().count())).collect();
            let framed = framed.concat();
            prop_assert_eq!(all(framed.as_bytes(), size), Ok(texts));
        }

        #[test]
        fn garbage_does_no_harm(bytes: Vec<u8>, size in 1_usize..20) {
            let _ = all(&bytes, size);
        }
    }

    #[test]
    fn rejects_endless_bodies_early() {
        assert_eq!(all(b"123456789", 3), Err(InvalidChunk::Length));
        assert_eq!(all(b"-1\nx", 9), Err(InvalidChunk::Length));
        assert_eq!(all(b"\nx", 9), Err(InvalidChunk::Length));
        assert_eq!(all(b"9999999\n", 9), Err(InvalidChunk::TooLarge));
        assert_eq!(all(b"2\n\xff\xff", 9), Err(InvalidChunk::Utf8));
        assert_eq!(all("1\n\u{1f600}".as_bytes(), 9), Err(InvalidChunk::Length));
    }
}
