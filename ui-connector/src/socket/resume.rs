//! What a desktop brings back from a connection that it has lost.

use std::ops::RangeInclusive;
use std::time::Duration;

use event::{ConversationName, Position, ResumeToken};
use tokio::time::Instant;

use super::pid::Pid;
use crate::hub::StartFrom;

/// How soon after its connect a desktop joins again what it had joined before. What it joins later is new to it.
const WINDOW: Duration = Duration::from_mins(1);

/// Where a desktop goes on in the conversations that it had joined before.
pub(super) struct Resume {
    /// What it says that it has got, except of conversations that it has joined or left since.
    known: ResumeToken,
    /// When the lost connection began, if that is known: Unix time by the clock of the log, milliseconds.
    connected: u64,
    /// Of a conversation that the offset does not name it can have got nothing; here its first
    /// connection began.
    floor: Option<Position>,
    until: Instant,
    /// What it has joined or left since, as long as the floor counts.
    done: Vec<ConversationName>,
}

impl Resume {
    /// `kept` is the time from which a log may hold events, up to now. Nothing if there is nothing to resume.
    pub(super) fn new(known: ResumeToken, lost: Option<Pid>, kept: RangeInclusive<u64>) -> Option<Self> {
        let within = |millis: u64| millis.clamp(*kept.start(), *kept.end());
        let floor = lost.map(|lost| Position::moment(within(lost.began)));
        if known.is_empty() && floor.is_none() {
            return None;
        }
        let connected = lost.map_or(0, |lost| lost.connected.min(*kept.end()));
        Some(Self { known, connected, floor, until: Instant::now() + WINDOW, done: Vec::new() })
    }

    /// What is still waited for.
    pub(super) fn known(&self) -> &ResumeToken {
        &self.known
    }

    /// Where the desktop begins in `name`, which it joins `now`.
    pub(super) fn begin(&mut self, name: &ConversationName, now: u64) -> StartFrom {
        let (after, at_latest) = (self.known.get(name), self.floor(name));
        self.end(name);
        let last_seen = after.map_or(now, |after| after.millis.max(self.connected));
        StartFrom { after, at_latest, last_seen }
    }

    /// The desktop has left `name`: if it joins again, it asks for what comes from then on.
    pub(super) fn end(&mut self, name: &ConversationName) {
        self.known.remove(name);
        if self.floor.is_some() && !self.done.contains(name) {
            self.done.push(name.clone());
        }
    }

    /// Whether nothing is left to resume.
    pub(super) fn is_over(&self) -> bool {
        self.known.is_empty() && (self.floor.is_none() || self.until < Instant::now())
    }

    fn floor(&mut self, name: &ConversationName) -> Option<Position> {
        if self.floor.is_some() && self.until < Instant::now() {
            (self.floor, self.done) = (None, Vec::new());
        }
        self.floor.filter(|_| !self.done.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: &str) -> ConversationName {
        format!("projects/p/conversations/{id}").parse().unwrap()
    }

    fn resume(known: &[(&str, u64)], began: u64) -> Resume {
        let mut offset = ResumeToken::EMPTY;
        for (id, millis) in known {
            offset.set(&name(id), Position { millis: *millis, sequence: 0 });
        }
        Resume::new(offset, Some(Pid { connected: 500, began }), 100..=1_000).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn each_conversation_is_resumed_once() {
        let mut resume = resume(&[("a", 300)], 200);
        let a = resume.begin(&name("a"), 1_000);
        assert_eq!((a.after, a.last_seen), (Some(Position { millis: 300, sequence: 0 }), 500));
        let b = resume.begin(&name("b"), 1_000);
        assert_eq!((b.after, b.at_latest, b.last_seen), (None, Some(Position::moment(200)), 1_000));
        resume.end(&name("c"));
        for id in ["a", "b", "c"] {
            let again = resume.begin(&name(id), 1_000);
            assert_eq!((again.after, again.at_latest), (None, None), "{id}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_join_is_new() {
        let mut resume = resume(&[("a", 300)], 200);
        tokio::time::advance(WINDOW * 2).await;
        assert_eq!(resume.begin(&name("b"), 1_000).at_latest, None);
        assert!(resume.begin(&name("a"), 1_000).after.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_start_is_within_the_log() {
        for (began, floor) in [(7, 100), (2_000, 1_000)] {
            assert_eq!(resume(&[], began).begin(&name("a"), 1_000).at_latest, Some(Position::moment(floor)));
        }
        assert!(Resume::new(ResumeToken::EMPTY, None, 100..=1_000).is_none());
    }
}
