//! The encoding of messages between peers.
//!
//! ```text
//! request   '?'  number, 8 bytes  name of the sender  operation  session id, 22 bytes  body
//! response  '!'  number, 8 bytes  status              body
//! ```

use bytes::Bytes;

use crate::engine::error::RequestError;
use crate::engine::id::RandomId;

const REQUEST: u8 = b'?';
const RESPONSE: u8 = b'!';
const OK: u8 = b'o';
const BAD_REQUEST: u8 = b'b';

/// The errors that requests for a session can fail with. All others are sent as a bad request.
const ERRORS: [(RequestError, u8); 4] = [
    (RequestError::TooLarge, b'l'),
    (RequestError::TooSlow, b's'),
    (RequestError::Unavailable, b'u'),
    (RequestError::UnknownSession, b'n'),
];

/// The body of a response.
pub(super) type Reply = Result<Bytes, RequestError>;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum PeerMessage {
    Request {
        /// Chosen by the sender, and repeated in the response.
        number: u64,
        /// Name of the process to respond to. The names of all processes have the same length.
        from: Box<str>,
        id: RandomId,
        operation: Operation,
    },
    Response {
        number: u64,
        reply: Reply,
    },
}

/// What the process that has the connection is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Serve a GET, with its parameter `t`.
    Poll(Box<str>),
    /// Serve a GET of the peer that has the client's WebSocket.
    BridgePoll,
    /// Serve a POST with this body.
    Post(Bytes),
    /// Have the waiting GET answered, because the client is being upgraded.
    Release,
}

impl PeerMessage {
    pub(super) fn encode(&self) -> Bytes {
        match self {
            Self::Request { number, from, id, operation } => {
                let (code, body) = match operation {
                    Operation::Poll(t) => (b'g', t.as_bytes()),
                    Operation::BridgePoll => (b'w', &[][..]),
                    Operation::Post(body) => (b'p', &body[..]),
                    Operation::Release => (b'i', &[][..]),
                };
                let (number, id) = (number.to_be_bytes(), id.as_str().as_bytes());
                [&[REQUEST][..], &number, from.as_bytes(), &[code], id, body].concat().into()
            }
            Self::Response { number, reply } => {
                let (status, body) = match reply {
                    Ok(body) => (OK, &body[..]),
                    Err(error) => (encode_error(*error), &[][..]),
                };
                [&[RESPONSE][..], &number.to_be_bytes(), &[status], body].concat().into()
            }
        }
    }

    /// `node_len` is the length of a process's name.
    pub(super) fn decode(message: &Bytes, node_len: usize) -> Option<Self> {
        let (kind, rest) = message.split_first()?;
        let (number, rest) = rest.split_first_chunk()?;
        let number = u64::from_be_bytes(*number);
        match *kind {
            REQUEST => {
                let (from, rest) = rest.split_at_checked(node_len)?;
                let (code, rest) = rest.split_first()?;
                let (id, body) = rest.split_at_checked(RandomId::LEN)?;
                let operation = match *code {
                    b'w' => Operation::BridgePoll,
                    b'g' => Operation::Poll(std::str::from_utf8(body).ok()?.into()),
                    b'p' => Operation::Post(message.slice_ref(body)),
                    b'i' => Operation::Release,
                    _ => return None,
                };
                let from = std::str::from_utf8(from).ok()?.into();
                Some(Self::Request { number, from, id: RandomId::parse(std::str::from_utf8(id).ok()?)?, operation })
            }
            RESPONSE => {
                let (status, body) = rest.split_first()?;
                let reply = if *status == OK { Ok(message.slice_ref(body)) } else { Err(decode_error(*status)) };
                Some(Self::Response { number, reply })
            }
            _ => None,
        }
    }
}

fn encode_error(error: RequestError) -> u8 {
    ERRORS.iter().find(|(known, _)| *known == error).map_or(BAD_REQUEST, |(_, code)| *code)
}

fn decode_error(code: u8) -> RequestError {
    ERRORS.iter().find(|(_, known)| *known == code).map_or(RequestError::BadRequest, |(error, _)| *error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What earlier versions send and understand, too.
    #[test]
    fn the_encoding_is_stable() {
        let id = RandomId::parse("0123456789abcdefghijkl").unwrap();
        let request = |operation| PeerMessage::Request { number: 258, from: "node".into(), id, operation };
        let response = |reply| PeerMessage::Response { number: 258, reply };
        for (message, encoded) in [
            (request(Operation::Poll("".into())), &b"?\0\0\0\0\0\0\x01\x02nodeg0123456789abcdefghijkl"[..]),
            (request(Operation::Poll("t1".into())), b"?\0\0\0\0\0\0\x01\x02nodeg0123456789abcdefghijklt1"),
            (request(Operation::Post("4é".into())), "?\0\0\0\0\0\0\x01\x02nodep0123456789abcdefghijkl4é".as_bytes()),
            (request(Operation::BridgePoll), b"?\0\0\0\0\0\0\x01\x02nodew0123456789abcdefghijkl"),
            (request(Operation::Release), b"?\0\0\0\0\0\0\x01\x02nodei0123456789abcdefghijkl"),
            (response(Ok("6".into())), b"!\0\0\0\0\0\0\x01\x02o6"),
            (response(Err(RequestError::UnknownSession)), b"!\0\0\0\0\0\0\x01\x02n"),
            (response(Err(RequestError::BadRequest)), b"!\0\0\0\0\0\0\x01\x02b"),
            (response(Err(RequestError::TooLarge)), b"!\0\0\0\0\0\0\x01\x02l"),
            (response(Err(RequestError::TooSlow)), b"!\0\0\0\0\0\0\x01\x02s"),
            (response(Err(RequestError::Unavailable)), b"!\0\0\0\0\0\0\x01\x02u"),
        ] {
            assert_eq!(message.encode(), encoded);
            assert_eq!(PeerMessage::decode(&Bytes::from_static(encoded), 4), Some(message));
        }
    }

    #[test]
    fn rejects_malformed_messages() {
        let request = b"?\0\0\0\0\0\0\x01\x02nodeg0123456789abcdefghijkl";
        for len in 0..request.len() {
            assert_eq!(PeerMessage::decode(&Bytes::copy_from_slice(&request[..len]), 4), None, "{len}");
        }
        for malformed in [
            &b"!\0\0\0\0\0\0\0\0"[..],
            b"x\0\0\0\0\0\0\0\0o",
            b"?\0\0\0\0\0\0\0\0nodex0123456789abcdefghijkl",
            b"?\0\0\0\0\0\0\0\0nod\xffg0123456789abcdefghijkl",
        ] {
            assert_eq!(PeerMessage::decode(&Bytes::from_static(malformed), 4), None, "{malformed:?}");
        }
    }
}
