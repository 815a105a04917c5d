//! The login sessions that are connected here, and when each needs a new token.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use parking_lot::Mutex;
use socketio::Socket;

use super::record;
use crate::auth::token::Session;

/// Identifies an entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EntryId(u64);

impl EntryId {
    /// Before all entries.
    pub(super) const FIRST: Self = Self(0);
}

/// A connected session.
#[derive(Clone)]
pub(super) struct SessionEntry {
    pub(super) socket: Socket,
    pub(super) session: Box<Session>,
    /// When its token expires, Unix time in seconds.
    pub(super) expires: u64,
    /// When its next token is due, Unix time in seconds.
    due: u64,
}

#[derive(Default)]
pub(super) struct SessionTable(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    last: u64,
    by_id: BTreeMap<EntryId, SessionEntry>,
    /// When new tokens are due, Unix time in seconds.
    due: BTreeSet<(u64, EntryId)>,
    /// Keys and values of sessions that have connected or ended, not yet written to Redis.
    pending: HashMap<String, String>,
}

impl SessionTable {
    pub(super) fn insert(&self, socket: Socket, session: Session, expires: u64, due: u64) -> EntryId {
        let mut entries = self.0.lock();
        entries.last += 1;
        let id = EntryId(entries.last);
        entries.pending.extend([record(&session)]);
        entries.due.insert((due, id));
        entries.by_id.insert(id, SessionEntry { socket, session: Box::new(session), expires, due });
        id
    }

    pub(super) fn remove(&self, id: EntryId) {
        let mut entries = self.0.lock();
        if let Some(entry) = entries.by_id.remove(&id) {
            entries.due.remove(&(entry.due, id));
            entries.pending.extend([record(&entry.session)]);
        }
    }

    pub(super) fn get(&self, id: EntryId) -> Option<SessionEntry> {
        self.0.lock().by_id.get(&id).cloned()
    }

    /// Whether a new token is due `now`.
    pub(super) fn is_due(&self, id: EntryId, now: u64) -> bool {
        self.0.lock().by_id.get(&id).is_some_and(|entry| entry.due <= now)
    }

    /// Returns at most `most` entries whose new token is due `now`.
    pub(super) fn due(&self, now: u64, most: usize) -> Vec<EntryId> {
        self.0.lock().due.iter().take_while(|(due, _)| *due <= now).take(most).map(|(_, id)| *id).collect()
    }

    /// Notes that an entry has a token that `expires` then; the next one is due at `due`.
    pub(super) fn renewed(&self, id: EntryId, expires: u64, due: u64) {
        let mut entries = self.0.lock();
        let Some(entry) = entries.by_id.get_mut(&id) else { return };
        let before = std::mem::replace(&mut entry.due, due);
        entry.expires = expires;
        entries.due.remove(&(before, id));
        entries.due.insert((due, id));
    }

    /// Takes what has not been written to Redis yet.
    pub(super) fn take_pending(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().pending).into_iter().collect()
    }

    /// Returns the first `most` entries after `last`, in order, as they are written to Redis.
    pub(super) fn after(&self, last: EntryId, most: usize) -> Vec<(EntryId, (String, String))> {
        let entries = self.0.lock();
        let range = entries.by_id.range((Excluded(last), Unbounded)).take(most);
        range.map(|(id, entry)| (*id, record(&entry.session))).collect()
    }
}
