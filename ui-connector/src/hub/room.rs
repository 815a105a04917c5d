use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use broker::{LogHead, LoggedEvent, Slot};
use event::{ConversationName, Payload, Position};
use parking_lot::Mutex;
use socketio::Unsent;

use super::desktop::{Desktop, Frames};
use super::gap::GapCheck;
use super::member::{Member, Progress, StartFrom};
use crate::metrics;

/// Whether a room is subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomPhase {
    /// It was never subscribed.
    New,
    /// It is subscribed.
    Subscribed,
    /// It is being unsubscribed; if that was interrupted, it must be repeated.
    Closing,
    /// The room is gone. Callers that still hold it take a new one.
    Closed,
}

/// One conversation with at least one desktop.
pub(super) struct Room {
    pub(super) name: ConversationName,
    /// The slot of its keys.
    pub(super) slot: Slot,
    /// Its repair has been requested and has not begun yet.
    pub(super) repair_requested: AtomicBool,
    /// Held while the room is opened or closed, so that joins and leaves take their turn.
    pub(super) gate: tokio::sync::Mutex<RoomPhase>,
    state: Mutex<RoomState>,
}

#[derive(Default)]
struct RoomState {
    members: Vec<Member>,
    /// The log's end is known, and live events have come since without a gap.
    opened: bool,
    /// The greatest position known.
    seen: Position,
    /// Position up to which some desktop has everything; nothing before the room was opened for the first time.
    delivered_to_any: Option<Position>,
    /// Until then: the first undelivered event that is known.
    first_undelivered: Option<Position>,
    /// The oldest mark of undelivered events that was claimed lately.
    claimed: Option<Position>,
}

impl Room {
    pub(super) fn new(name: ConversationName) -> Self {
        let gate = tokio::sync::Mutex::new(RoomPhase::New);
        Self { slot: Slot::of(&name), name, repair_requested: AtomicBool::new(false), gate, state: Mutex::default() }
    }

    /// Makes a desktop a member; once more changes nothing.
    pub(super) fn add(&self, desktop: &Arc<Desktop>, start: StartFrom) {
        let mut state = self.state.lock();
        if state.find(desktop).is_none() {
            let mut member = Member::new(desktop, &self.name, start);
            if let Some(start) = state.start() {
                member.start_at(&self.name, start, state.claimed);
            }
            // Most rooms have one member: a first push would make room for four.
            if state.members.is_empty() {
                state.members.reserve_exact(1);
            }
            state.members.push(member);
        }
    }

    /// The room cannot be opened now. The desktop, which joined at `moment`, gets the events from then on.
    pub(super) fn defer(&self, desktop: &Arc<Desktop>, moment: Position) {
        if let Some(member) = self.state.lock().find(desktop) {
            member.start_at_latest(moment);
        }
    }

    pub(super) fn remove(&self, desktop: &Arc<Desktop>) {
        self.state.lock().members.retain(|member| !Arc::ptr_eq(&member.desktop, desktop));
    }

    /// Removes desktops whose connection ended before they could be removed.
    pub(super) fn sweep(&self) {
        self.state.lock().members.retain(|member| !member.desktop.socket().is_closed());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().members.is_empty()
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.lock().opened
    }

    /// The end of the log is known. Desktops that know no position begin with the first event that
    /// is undelivered: either no connector received it, or only this one, while the room was being opened.
    ///
    /// The room is open if `unbroken` says that no subscription was lost since; it is asked under the
    /// lock, so that a loss comes either before the question or after the answer.
    pub(super) fn open(&self, opened: LogHead, unbroken: impl FnOnce() -> bool) {
        let mut state = self.state.lock();
        state.note_undelivered(opened.undelivered);
        state.seen = state.seen.max(opened.tail);
        let start = state.first_undelivered.map_or(opened.tail, Position::just_before);
        let start = *state.delivered_to_any.get_or_insert(start);
        state.claimed = [state.claimed, opened.claimed].into_iter().flatten().min();
        let claimed = state.claimed;
        for member in &mut state.members {
            member.start_at(&self.name, start, claimed);
            member.compare(opened.tail);
        }
        state.opened = unbroken();
    }

    /// The subscription was lost: from `now` on events may be missed.
    pub(super) fn suspend(&self, now: u64) {
        let mut state = self.state.lock();
        state.opened = false;
        for member in &mut state.members {
            member.fall_behind(now);
        }
    }

    /// Delivers a live event to the live members. The others will find it in the log.
    ///
    /// Returns false if one of them has no room for it and is no longer live: it needs a replay. So a
    /// burst disconnects no desktop; one that does not read is disconnected when its replay takes too long.
    pub(super) fn dispatch(&self, event: &LoggedEvent) -> bool {
        let position = event.position;
        let mut state = self.state.lock();
        state.seen = state.seen.max(position);
        if state.delivered_to_any.is_none() {
            state.note_undelivered(Some(position));
        }
        let Some(mut frames) = Frames::of(&event.payload) else { return true };
        let (mut reached, mut in_time) = (0, true);
        for member in state.members.iter_mut().filter(|member| member.live) {
            match member.deliver(&self.name, position, &mut frames) {
                Ok(()) => reached += 1,
                Err(Unsent::NoRoom) => {
                    member.fall_behind(position.millis);
                    in_time = false;
                }
                Err(Unsent::Closed) => {}
            }
        }
        if reached > 0 {
            state.note_delivered(position);
        }
        drop(state);
        metrics::delivered(&event.payload, Some(position), reached);
        in_time
    }

    /// Delivers an event that is in no log to all members.
    pub(super) fn dispatch_unlogged(&self, payload: &Payload) {
        let Some(mut frames) = Frames::of(payload) else { return };
        let mut reached = 0;
        for member in &self.state.lock().members {
            // A member with a closed socket is about to be removed.
            reached += u64::from(member.desktop.deliver_unlogged(&mut frames).is_ok());
        }
        metrics::delivered(payload, None, reached);
    }

    /// Delivers an event from the log to one member, unless it has it. Returns whether it has it now.
    pub(super) fn replay(&self, desktop: &Arc<Desktop>, event: &LoggedEvent) -> bool {
        let mut state = self.state.lock();
        let Some(member) = state.find(desktop) else { return false };
        let has_it = if let Some(mut frames) = Frames::of(&event.payload) {
            let is_delivered = member.deliver(&self.name, event.position, &mut frames).is_ok();
            if is_delivered {
                metrics::replayed(event.payload.kind);
            }
            is_delivered
        } else {
            // A payload that is not text cannot be delivered, and must not be read again and again.
            member.advance_to(event.position);
            true
        };
        if has_it {
            state.note_delivered(event.position);
        }
        has_it
    }

    /// Returns true if the desktop is behind and no replay is running: the caller must replay, until it is
    /// [done](Progress::Done) or [stopped](Self::stop_replay).
    pub(super) fn start_replay(&self, desktop: &Arc<Desktop>) -> bool {
        let mut state = self.state.lock();
        let Some(member) = state.find(desktop) else { return false };
        !member.live && !std::mem::replace(&mut member.is_replaying, true)
    }

    /// The log cannot be read now: the replay must be started again later.
    pub(super) fn stop_replay(&self, desktop: &Arc<Desktop>) {
        if let Some(member) = self.state.lock().find(desktop) {
            member.is_replaying = false;
        }
    }

    /// Returns the progress of a desktop. One that has everything becomes live.
    pub(super) fn progress(&self, desktop: &Arc<Desktop>) -> Progress {
        let mut state = self.state.lock();
        let (opened, seen) = (state.opened, state.seen);
        let Some(member) = state.find(desktop) else { return Progress::Done };
        let progress = if opened && !member.live { member.compare_with(seen) } else { Progress::Done };
        // Under the same lock: what happens from now on needs another replay.
        member.is_replaying = progress != Progress::Done;
        progress
    }

    /// The log holds nothing after what the desktop has received, so it has everything up to `seen`.
    pub(super) fn advance_to(&self, desktop: &Arc<Desktop>, seen: Position) {
        let mut state = self.state.lock();
        if let Some(member) = state.find(desktop) {
            member.advance_to(seen);
            state.note_delivered(seen);
        }
    }

    /// What is known about a desktop that is behind.
    pub(super) fn gap_check(&self, desktop: &Arc<Desktop>) -> Option<GapCheck> {
        self.state.lock().find(desktop).map(|member| member.gap_check())
    }

    /// The log holds what comes after the desktop's position. If it does not, the desktop has been notified,
    /// and goes on with `next`.
    pub(super) fn mark_contiguous(&self, desktop: &Arc<Desktop>, next: Option<Position>) {
        if let Some(member) = self.state.lock().find(desktop) {
            member.mark_contiguous();
            if let Some(next) = next {
                member.advance_to(next.just_before());
            }
        }
    }

    /// The members that do not get live events.
    pub(super) fn behind(&self) -> Vec<Arc<Desktop>> {
        self.state.lock().members.iter().filter(|member| !member.live).map(|member| member.desktop.clone()).collect()
    }

    /// How many members there are, and how many of them do not get live events.
    pub(super) fn counted(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.members.len(), state.members.iter().filter(|member| !member.live).count())
    }

    /// Returns the first event that was delivered to no desktop.
    pub(super) fn undelivered_from(&self) -> Option<Position> {
        let state = self.state.lock();
        match state.delivered_to_any {
            Some(delivered) => (delivered < state.seen).then(|| delivered.just_after()),
            None => state.first_undelivered,
        }
    }
}

impl RoomState {
    fn find(&mut self, desktop: &Arc<Desktop>) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| Arc::ptr_eq(&member.desktop, desktop))
    }

    /// Where a desktop begins that knows no position: now, unless all other members have closed sockets and
    /// have not received everything. Unknown before the room was opened for the first time.
    fn start(&self) -> Option<Position> {
        let deserted = self.members.iter().all(|member| member.desktop.socket().is_closed());
        self.delivered_to_any.map(|delivered| if deserted { delivered } else { self.seen })
    }

    fn note_undelivered(&mut self, first: Option<Position>) {
        self.first_undelivered = [self.first_undelivered, first].into_iter().flatten().min();
    }

    fn note_delivered(&mut self, position: Position) {
        self.delivered_to_any = self.delivered_to_any.max(Some(position));
    }
}
