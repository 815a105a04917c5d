//! What processes tell each other.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::engine::{Id, refusal::Refusal};

/// What is asked of the process that has a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A GET of its client.
    Poll(Id),
    /// A POST of its client, with this body.
    Post(Id, Bytes),
    /// Have the GET under way answered, as its client changes to WebSocket.
    Interrupt(Id),
}

impl Request {
    pub(super) fn id(&self) -> Id {
        match self {
            Self::Poll(id) | Self::Post(id, _) | Self::Interrupt(id) => *id,
        }
    }

    pub(super) fn write(&self) -> Bytes {
        let (kind, body) = match self {
            Self::Poll(_) => (b'g', &[][..]),
            Self::Post(_, body) => (b'p', &body[..]),
            Self::Interrupt(_) => (b'i', &[][..]),
        };
        let mut letter = BytesMut::with_capacity(1 + Id::LEN + body.len());
        letter.put_u8(kind);
        letter.put_slice(self.id().as_str().as_bytes());
        letter.put_slice(body);
        letter.freeze()
    }

    pub(super) fn read(letter: &Bytes) -> Option<Self> {
        let (kind, rest) = letter.split_first()?;
        let id = Id::parse(std::str::from_utf8(rest.get(..Id::LEN)?).ok()?)?;
        let body = letter.slice(1 + Id::LEN..);
        match kind {
            b'g' => Some(Self::Poll(id)),
            b'p' => Some(Self::Post(id, body)),
            b'i' => Some(Self::Interrupt(id)),
            _ => None,
        }
    }
}

/// What the client is to get.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer(pub(super) Result<Bytes, Refusal>);

impl Answer {
    pub(super) fn write(self) -> Bytes {
        let Self(answer) = self;
        let (kind, body) = match &answer {
            Ok(body) => (b'o', &body[..]),
            Err(refusal) => (refusal.letter(), &[][..]),
        };
        let mut letter = BytesMut::with_capacity(1 + body.len());
        letter.put_u8(kind);
        letter.put_slice(body);
        letter.freeze()
    }

    pub(super) fn read(letter: &Bytes) -> Self {
        Self(match letter.first() {
            Some(b'o') => Ok(letter.slice(1..)),
            Some(kind) => Err(Refusal::of_letter(*kind)),
            None => Err(Refusal::UnknownSession),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_as_they_were_written() {
        let id = Id::random();
        for request in [Request::Poll(id), Request::Post(id, Bytes::from_static(b"4hello")), Request::Interrupt(id)] {
            assert_eq!(Request::read(&request.write()), Some(request));
        }
        for garbage in [&b""[..], b"g", b"gshort", b"xAAAAAAAAAAAAAAAAAAAAAA", &[b'g'; 9], &[0xff; 30]] {
            assert_eq!(Request::read(&Bytes::copy_from_slice(garbage)), None, "{garbage:?}");
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written() {
        for answer in [
            Ok(Bytes::from_static(b"6")),
            Err(Refusal::UnknownSession),
            Err(Refusal::BadRequest),
            Err(Refusal::TooLarge),
            Err(Refusal::TooSlow),
        ] {
            assert_eq!(Answer::read(&Answer(answer.clone()).write()), Answer(answer));
        }
        assert_eq!(Answer::read(&Bytes::new()), Answer(Err(Refusal::UnknownSession)));
    }
}
