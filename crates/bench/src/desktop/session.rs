//! The Socket.IO conversation of one desktop (Engine.IO protocol 4, Socket.IO protocol 5), without any I/O.

use crate::event::Marker;

/// How far a desktop has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the Engine.IO `open`.
    Opening,
    /// Waits for the answer to its token.
    Connecting,
    /// Waits for the answer to its join.
    Joining,
    /// Has everything that it asked for.
    Settled,
}

/// What the desktop has to do about a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Send this text.
    Reply(String),
    /// Note that this event arrived.
    Event(Marker),
    /// Nothing.
    Nothing,
}

/// The server said what it should not have said.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("while {stage:?}, the server sent {message:?}")]
pub struct ProtocolError {
    stage: Stage,
    message: String,
}

/// The state of one desktop.
pub(super) struct Session {
    stage: Stage,
    connect: String,
    join: Option<String>,
}

impl Session {
    /// A desktop that presents `token` and joins `conversation`, if any.
    pub(super) fn new(token: &str, conversation: Option<&str>) -> Self {
        Self {
            stage: Stage::Opening,
            connect: format!(r#"40{{"token":"{token}"}}"#),
            join: conversation.map(|name| format!(r#"420["join-conversation","{name}"]"#)),
        }
    }

    /// Whether connecting and joining are done.
    pub(super) fn is_settled(&self) -> bool {
        self.stage == Stage::Settled
    }

    /// Takes one text message of the server.
    ///
    /// # Errors
    /// When it refuses the token or the join, disconnects, or breaks the protocol.
    pub(super) fn receive(&mut self, message: &[u8]) -> Result<Reaction, ProtocolError> {
        match (self.stage, message) {
            (_, b"2") => Ok(Reaction::Reply("3".to_owned())),
            (Stage::Opening, [b'0', b'{', ..]) => {
                self.stage = Stage::Connecting;
                Ok(Reaction::Reply(std::mem::take(&mut self.connect)))
            }
            (Stage::Connecting, [b'4', b'0', b'{', ..]) => Ok(self.join()),
            (Stage::Joining, joined) if joined.starts_with(b"430[true,") => {
                self.stage = Stage::Settled;
                Ok(Reaction::Nothing)
            }
            // Between joining and its answer there may be events that were kept for the conversation.
            (Stage::Joining | Stage::Settled, [b'4', b'2', b'[', event @ ..]) => {
                Ok(Marker::find(event).map_or(Reaction::Nothing, Reaction::Event))
            }
            (stage, other) => Err(ProtocolError {
                stage,
                message: String::from_utf8_lossy(&other[..other.len().min(200)]).into_owned(),
            }),
        }
    }

    fn join(&mut self) -> Reaction {
        if let Some(join) = self.join.take() {
            self.stage = Stage::Joining;
            Reaction::Reply(join)
        } else {
            self.stage = Stage::Settled;
            Reaction::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "projects/p/locations/global/conversations/c";

    fn reply(text: &str) -> Reaction {
        Reaction::Reply(text.to_owned())
    }

    #[test]
    fn connects_and_joins() {
        let mut session = Session::new("t0k", Some(NAME));
        let connect = session.receive(br#"0{"sid":"a","upgrades":[]}"#).unwrap();
        assert_eq!(connect, reply(r#"40{"token":"t0k"}"#));
        let join = session.receive(br#"40{"sid":"b","pid":"c"}"#).unwrap();
        assert_eq!(join, reply(&format!(r#"420["join-conversation","{NAME}"]"#)));
        assert!(!session.is_settled());
        let joined = session.receive(br#"430[true,"projects/p/conversations/c"]"#);
        assert_eq!(joined, Ok(Reaction::Nothing));
        assert!(session.is_settled());
    }

    #[test]
    fn settles_without_a_conversation() {
        let mut session = Session::new("t0k", None);
        session.receive(b"0{}").unwrap();
        assert_eq!(session.receive(b"40{}"), Ok(Reaction::Nothing));
        assert!(session.is_settled());
    }

    #[test]
    fn answers_pings_at_any_time() {
        let mut session = Session::new("t0k", None);
        assert_eq!(session.receive(b"2"), Ok(reply("3")));
    }

    #[test]
    fn notes_events() {
        let mut session = Session::new("t0k", None);
        session.receive(b"0{}").unwrap();
        session.receive(b"40{}").unwrap();
        let event = br#"42["new-message-event",{"data":"{\"benchSeq\":12,\"benchSent\":345,\"x\":1}"},"7-0"]"#;
        let marker = Marker { number: 12, sent: 345 };
        assert_eq!(session.receive(event), Ok(Reaction::Event(marker)));
    }

    #[test]
    fn reports_a_refusal() {
        let mut session = Session::new("bad", None);
        session.receive(b"0{}").unwrap();
        let refused = session.receive(br#"44{"message":"authentication failed"}"#).unwrap_err();
        assert!(refused.to_string().contains("authentication failed"), "{refused}");
    }

    #[test]
    fn reports_a_failed_join() {
        let mut session = Session::new("t0k", Some(NAME));
        session.receive(b"0{}").unwrap();
        session.receive(b"40{}").unwrap();
        assert!(session.receive(br#"430[false,"no"]"#).is_err());
    }
}
