//! A packet whose attachments have not all come.

use bytes::Bytes;

use super::{application::Event, handle::Socket};
use crate::reason::Reason;

pub(crate) struct Assembly {
    /// `None` for a packet that is ignored.
    target: Option<(Socket, Event)>,
    missing: usize,
    /// Bytes that may still come.
    room: usize,
}

impl Assembly {
    /// For a packet of `len` bytes that wants `missing` attachments.
    pub(crate) fn event(socket: Socket, event: Event, missing: usize, max_bytes: usize, len: usize) -> Self {
        Self { target: Some((socket, event)), missing, room: max_bytes.saturating_sub(len) }
    }

    /// For a packet whose attachments are nobody's; there is nothing to wait for if it has none.
    pub(crate) fn ignored(missing: usize, max_bytes: usize, len: usize) -> Option<Self> {
        (missing > 0).then(|| Self { target: None, missing, room: max_bytes.saturating_sub(len) })
    }

    /// Adds the next attachment; the answer is whether it was the last one.
    pub(crate) fn add(&mut self, bytes: Bytes) -> Result<bool, Reason> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(Reason::ProtocolError)?;
        self.missing -= 1;
        if let Some((_, event)) = &mut self.target {
            event.attachments.push(bytes);
        }
        Ok(self.missing == 0)
    }

    pub(crate) fn finish(self) -> Option<(Socket, Event)> {
        self.target
    }
}
