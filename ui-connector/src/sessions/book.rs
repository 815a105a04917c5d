//! The desktops that are connected here, and when each needs a new token.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use parking_lot::{Mutex, MutexGuard};
use socketio::Socket;

use super::entry;
use crate::auth::token::Session;

/// A connected desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Number(u64);

impl Number {
    /// Before all of them.
    pub(super) const FIRST: Self = Self(0);
}

#[derive(Default)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    last: u64,
    desktops: BTreeMap<Number, Desktop>,
    /// When new tokens are due, Unix time in seconds.
    due: BTreeSet<(u64, Number)>,
    /// What Redis is to be told of sessions that have come or gone.
    news: HashMap<String, String>,
}

/// Who gets a new token.
#[derive(Clone)]
pub(super) struct Desktop {
    pub(super) socket: Socket,
    pub(super) session: Box<Session>,
    /// When its token expires, Unix time in seconds.
    pub(super) expires: u64,
    due: u64,
}

impl Book {
    pub(super) fn enter(&self, socket: Socket, session: Session, expires: u64, due: u64) -> Number {
        let mut pages = self.pages();
        pages.last += 1;
        let number = Number(pages.last);
        pages.news.extend([entry(&session)]);
        pages.due.insert((due, number));
        pages.desktops.insert(number, Desktop { socket, session: Box::new(session), expires, due });
        number
    }

    pub(super) fn leave(&self, number: Number) {
        let mut pages = self.pages();
        if let Some(desktop) = pages.desktops.remove(&number) {
            pages.due.remove(&(desktop.due, number));
            pages.news.extend([entry(&desktop.session)]);
        }
    }

    /// Whether a new token is due `now`.
    pub(super) fn is_due(&self, number: Number, now: u64) -> bool {
        self.pages().desktops.get(&number).is_some_and(|desktop| desktop.due <= now)
    }

    pub(super) fn find(&self, number: Number) -> Option<Desktop> {
        self.pages().desktops.get(&number).cloned()
    }

    /// Some of those to whom a new token is due `now`.
    pub(super) fn due(&self, now: u64, most: usize) -> Vec<Number> {
        self.pages().due.iter().take_while(|(due, _)| *due <= now).take(most).map(|(_, number)| *number).collect()
    }

    /// A desktop was given a token that expires then; the next one is due at `due`.
    pub(super) fn renewed(&self, number: Number, expires: u64, due: u64) {
        let mut pages = self.pages();
        let Some(desktop) = pages.desktops.get_mut(&number) else { return };
        let before = std::mem::replace(&mut desktop.due, due);
        desktop.expires = expires;
        pages.due.remove(&(before, number));
        pages.due.insert((due, number));
    }

    /// What Redis has not been told yet.
    pub(super) fn news(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.pages().news).into_iter().collect()
    }

    /// Some of those that are connected: the first `most` after `last`, in order.
    pub(super) fn after(&self, last: Number, most: usize) -> Vec<(Number, (String, String))> {
        let pages = self.pages();
        let desktops = pages.desktops.range((Excluded(last), Unbounded)).take(most);
        desktops.map(|(number, desktop)| (*number, entry(&desktop.session))).collect()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock()
    }
}
