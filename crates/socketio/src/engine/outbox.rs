//! The frames that wait to be written to one client.

use crate::frame::Frame;
use crate::settings::SocketSettings;

/// A queue bounded in frames and bytes, which owns no memory while it is empty.
#[derive(Default)]
pub(crate) struct Outbox {
    queue: Vec<Frame>,
    /// What has been queued and not yet written, whether or not it has been taken.
    load: Load,
    /// Bytes of the largest frame that was refused since a frame was last queued.
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
        Self { frames: frames.len(), bytes: frames.iter().map(Frame::size).sum() }
    }
}

impl Outbox {
    /// Whether a frame can be queued. One that exceeds the bound by itself can be when nothing else
    /// waits; otherwise it could never be sent.
    pub(crate) fn has_room(&self, frame: &Frame, settings: &SocketSettings) -> bool {
        self.load.frames == 0
            || (self.load.frames < settings.outbox_packets
                && self.load.bytes.saturating_add(frame.size()) <= settings.outbox_bytes)
    }

    /// Whether senders of what is not urgent should go on. A frame that was refused must have room
    /// then, or its sender would retry in a busy loop.
    pub(crate) fn is_half_empty(&self, settings: &SocketSettings) -> bool {
        let bytes = self.load.bytes.saturating_add(self.refused).max(self.load.bytes.saturating_mul(2));
        self.load.frames == 0 || (self.load.frames <= settings.outbox_packets / 2 && bytes <= settings.outbox_bytes)
    }

    /// Frames and bytes that have not been written.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.load.frames, self.load.bytes)
    }

    /// Records that there was no room for a frame.
    pub(crate) fn refuse(&mut self, frame: &Frame) {
        self.refused = self.refused.max(frame.size());
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.load.frames += 1;
        self.load.bytes += frame.size();
        self.refused = 0;
        self.queue.push(frame);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes the first frames, of at most `packets` packets together, but at least one frame. They count until
    /// they are [settled](Self::settle).
    pub(crate) fn take_first(&mut self, packets: usize) -> Vec<Frame> {
        let mut left = packets;
        let count = self.queue.iter().take_while(|frame| {
            let fits = frame.packets() <= left;
            left = left.saturating_sub(frame.packets());
            fits
        });
        let count = count.count().max(1);
        if count >= self.queue.len() { self.take() } else { self.queue.drain(..count).collect() }
    }

    /// Takes all frames. They count until they are [settled](Self::settle).
    pub(crate) fn take(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.queue)
    }

    /// Stops counting frames that have been written. Returns whether that made room.
    pub(crate) fn settle(&mut self, written: Load) -> bool {
        self.load.frames = self.load.frames.saturating_sub(written.frames);
        self.load.bytes = self.load.bytes.saturating_sub(written.bytes);
        written.frames > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Outbox};
    use crate::frame::Frame;
    use crate::settings::SocketSettings;

    #[test]
    fn a_large_frame_that_was_refused_has_room_once_the_outbox_is_half_empty() {
        let settings = SocketSettings { outbox_bytes: 100, ..SocketSettings::default() };
        let (small, large) = (Frame::encoded("x".repeat(20)), Frame::encoded("x".repeat(90)));
        let mut outbox = Outbox::default();
        outbox.push(small.clone());
        assert!(outbox.is_half_empty(&settings) && !outbox.has_room(&large, &settings));
        outbox.refuse(&large);
        assert!(!outbox.is_half_empty(&settings));
        outbox.settle(Load::of(&[small]));
        assert!(outbox.is_half_empty(&settings) && outbox.has_room(&large, &settings));
    }
}
