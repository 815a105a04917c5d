use std::sync::Arc;

use event::{ConversationName, Payload, Position, ResumeToken};
use parking_lot::Mutex;
use socketio::{Closed, Frame, Socket, Unsent};

use crate::metrics;

/// The namespace that desktops connect to.
const NAMESPACE: &str = "/";

/// One agent desktop: a socket, and its position in each of its conversations.
pub(crate) struct Desktop {
    socket: Socket,
    /// Whether events carry the resume token as their last argument.
    recovery: bool,
    offset: Mutex<ResumeToken>,
}

impl Desktop {
    /// A desktop that has joined nothing yet. `offset` is what it had received before it lost its previous
    /// connection: its events still name the conversations that it has not joined again yet, so that a second
    /// loss does not lose their positions. Without `recovery` its events have exactly one argument.
    pub(crate) fn new(socket: Socket, recovery: bool, offset: ResumeToken) -> Arc<Self> {
        Arc::new(Self { socket, recovery, offset: Mutex::new(offset) })
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Sends the event at position `at`, if there is room for it.
    ///
    /// The lock is held while sending: a resume token must never reach the desktop before the events that
    /// it names, or a loss of the connection in between would lose them.
    pub(super) fn deliver(&self, name: &ConversationName, at: Position, event: &mut Frames<'_>) -> Result<(), Unsent> {
        let mut offset = self.offset.lock();
        let before = offset.get(name);
        offset.set(name, at);
        let sent = self.socket.try_emit(event.frame(self.recovery, &offset, offset.is_only(name)));
        match (sent, before) {
            (Ok(()), _) => {}
            (Err(_), Some(before)) => offset.set(name, before),
            (Err(_), None) => offset.remove(name),
        }
        sent
    }

    /// Sends an event that is in no log, so a desktop without room for it is disconnected.
    pub(super) fn deliver_unlogged(&self, event: &mut Frames<'_>) -> Result<(), Closed> {
        let offset = self.offset.lock();
        self.socket.emit(event.frame(self.recovery && *offset != ResumeToken::EMPTY, &offset, false))
    }

    /// Begins after `position`. Its events name that from now on, so that it can resume before it has received any event of
    /// `name`.
    pub(super) fn start_at(&self, name: &ConversationName, position: Position) {
        self.offset.lock().set(name, position);
    }

    /// Notifies it that events of `name` may be missing.
    pub(super) fn notify_missed(&self, name: &ConversationName) -> Result<(), Unsent> {
        let arg = serde_json::json!({"conversation_name": name.as_str()}).to_string();
        self.socket.try_emit(Frame::event(NAMESPACE, "events-missed", &[&arg]))?;
        metrics::events_missed();
        Ok(())
    }

    /// Conversations that it has left stay in the resume token, so that it does not receive the same events again when it
    /// comes back; but not for longer than a log lasts. `since`: Unix time, milliseconds.
    pub(crate) fn prune(&self, since: u64, joined: &[ConversationName], known: &ResumeToken) {
        self.offset.lock().prune(since, joined, known);
    }
}

/// The encodings of one event: made when first needed, and shared by all desktops with equal resume tokens.
pub(super) struct Frames<'a> {
    payload: &'a str,
    kind: &'static str,
    plain: Option<Frame>,
    alone: Option<Frame>,
}

impl<'a> Frames<'a> {
    /// The encodings of `payload`; nothing if it is not text.
    pub(super) fn of(payload: &'a Payload) -> Option<Self> {
        let text = std::str::from_utf8(&payload.json).ok()?;
        Some(Self { payload: text, kind: payload.kind.as_str(), plain: None, alone: None })
    }

    /// `alone`: the resume token names the event's own conversation only, so that it is the same for all
    /// desktops that have joined no other one. Most have not.
    fn frame(&mut self, recovery: bool, offset: &ResumeToken, alone: bool) -> Frame {
        let Self { payload, kind, .. } = *self;
        let with_offset = || Frame::event(NAMESPACE, kind, &[payload, &format!("\"{}\"", offset.encode())]);
        match (recovery, alone) {
            (false, _) => self.plain.get_or_insert_with(|| Frame::event(NAMESPACE, kind, &[payload])).clone(),
            (true, true) => self.alone.get_or_insert_with(with_offset).clone(),
            (true, false) => with_offset(),
        }
    }
}
