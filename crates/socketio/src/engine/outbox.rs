//! The frames that wait for one client.

use crate::{frame::Frame, settings::Settings};

/// A bounded queue that owns no memory while it is empty.
#[derive(Default)]
pub(crate) struct Outbox {
    queue: Vec<Frame>,
    /// Frames and bytes accepted and not yet written, those in the hands of the writer included.
    load: Load,
    /// Bytes of the largest frame that has found no room since the last one that did.
    refused: usize,
}

/// A number of frames and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    frames: usize,
    bytes: usize,
}

impl Load {
    pub(crate) fn of(frames: &[Frame]) -> Self {
        Self { frames: frames.len(), bytes: frames.iter().map(Frame::len).sum() }
    }
}

impl Outbox {
    /// A frame larger than the whole bound is let in when nothing else waits: it must pass some day.
    pub(crate) fn has_room(&self, frame: &Frame, settings: &Settings) -> bool {
        self.load.frames == 0
            || (self.load.frames < settings.outbox_packets
                && self.load.bytes.saturating_add(frame.len()) <= settings.outbox_bytes)
    }

    /// Whether one who is not in a hurry should send. A frame that found no room must find it then, or its sender
    /// would try again and again.
    pub(crate) fn is_half_empty(&self, settings: &Settings) -> bool {
        let bytes = self.load.bytes.saturating_add(self.refused).max(self.load.bytes.saturating_mul(2));
        self.load.frames == 0 || (self.load.frames <= settings.outbox_packets / 2 && bytes <= settings.outbox_bytes)
    }

    /// Frames and bytes that have not been written yet.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.load.frames, self.load.bytes)
    }

    /// Notes that there was no room for a frame.
    pub(crate) fn refuse(&mut self, frame: &Frame) {
        self.refused = self.refused.max(frame.len());
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.load.frames += 1;
        self.load.bytes += frame.len();
        self.refused = 0;
        self.queue.push(frame);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes what waits; it keeps counting until it is [settled](Self::settle).
    pub(crate) fn take(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.queue)
    }

    /// Whether this made room.
    pub(crate) fn settle(&mut self, written: Load) -> bool {
        self.load.frames = self.load.frames.saturating_sub(written.frames);
        self.load.bytes = self.load.bytes.saturating_sub(written.bytes);
        written.frames > 0
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Outbox};
    use crate::{frame::Frame, settings::Settings};

    #[test]
    fn who_found_no_room_for_a_large_frame_finds_it_once_it_is_half_empty() {
        let settings = Settings { outbox_bytes: 100, ..Settings::default() };
        let (small, large) = (Frame::text(&"x".repeat(20)), Frame::text(&"x".repeat(90)));
        let mut outbox = Outbox::default();
        outbox.push(small.clone());
        assert!(outbox.is_half_empty(&settings) && !outbox.has_room(&large, &settings));
        outbox.refuse(&large);
        assert!(!outbox.is_half_empty(&settings));
        outbox.settle(Load::of(&[small]));
        assert!(outbox.is_half_empty(&settings) && outbox.has_room(&large, &settings));
    }
}
