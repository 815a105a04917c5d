//! Gives connected desktops new tokens in time, and keeps Redis informed of who is connected.

use std::sync::Arc;
use std::time::Duration;

use server::telemetry::causes;
use socketio::{Frame, Socket};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Number, Sessions, unix_time};
use crate::auth::token::Claims;
use crate::hub::Hub;
use crate::metrics;

/// How long before its token expires a desktop gets the next one. Of a token that is valid for a shorter
/// time, a quarter.
const AHEAD: Duration = Duration::from_mins(5);

/// How often it is looked who needs a token, and what Redis does not know yet.
const TICK: Duration = Duration::from_secs(1);

/// How often Redis is told of all that are connected. By so much sooner the grace ends after a crash.
const REMINDER: Duration = Duration::from_mins(1);

/// How soon it is tried again when Redis could not be told.
const RETRY: Duration = Duration::from_secs(5);

/// Tokens signed by one tick: some milliseconds. The others wait for the next one. So many sessions
/// are also told to Redis at once.
const AT_ONCE: usize = 1000;

impl Sessions {
    /// A desktop has connected. Nothing if its token belongs to no session.
    pub(crate) fn enter(&self, socket: &Socket, claims: Claims) -> Option<Number> {
        let mut session = claims.session.filter(|_| self.settings.is_on())?;
        session.began.get_or_insert_with(unix_time);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time before 1970 becomes 1970")]
        let expires = claims.expires as u64;
        Some(self.book.enter(socket.clone(), session, expires, self.due(expires)))
    }

    /// The desktop has been told that it is connected: if its token expires soon, here is the next one.
    pub(crate) fn connected(&self, number: Number) {
        if self.book.is_due(number, unix_time()) {
            self.renew(number);
        }
    }

    /// The desktop has gone.
    pub(crate) fn leave(&self, number: Number) {
        self.book.leave(number);
    }

    fn due(&self, expires: u64) -> u64 {
        expires.saturating_sub(AHEAD.min(self.tokens.lifetime() / 4).as_secs())
    }

    /// Gives the desktop a new token, unless its session would end before the old one expires.
    fn renew(&self, number: Number) {
        let Some(desktop) = self.book.find(number) else { return };
        let end = self.end(desktop.session.began.unwrap_or_default());
        match self.tokens.extend(&desktop.session, end) {
            Ok((token, expires)) if expires > desktop.expires.max(unix_time()) => {
                let arg = serde_json::json!({"token": token}).to_string();
                // A desktop that has gone needs none; one whose outbox is full gets the next one.
                if desktop.socket.try_emit(Frame::event("/", "token-renewed", &[&arg])).is_ok() {
                    metrics::token_renewed();
                    self.book.renewed(number, expires, self.due(expires));
                } else {
                    self.book.renewed(number, desktop.expires, unix_time() + REMINDER.as_secs());
                }
            }
            Ok(_) => self.book.renewed(number, desktop.expires, u64::MAX),
            Err(error) => {
                tracing::error!(%error, "failed to sign a token");
                self.book.renewed(number, desktop.expires, unix_time() + REMINDER.as_secs());
            }
        }
    }

    /// Tells Redis of all that are connected.
    async fn remind(&self) -> bool {
        let mut last = Number::FIRST;
        loop {
            let (numbers, entries): (Vec<_>, Vec<_>) = self.book.after(last, AT_ONCE).into_iter().unzip();
            let Some(number) = numbers.last() else { return true };
            last = *number;
            if !self.remember(&entries).await {
                return false;
            }
        }
    }

    /// False if Redis could not be told now: it has to be told everything later.
    async fn remember(&self, entries: &[(String, String)]) -> bool {
        if entries.is_empty() {
            return true;
        }
        let told = self.keys.set_all(entries, self.settings.grace).await;
        if let Err(error) = &told {
            tracing::warn!(error = %causes(error), "connected sessions could not be noted; it will be tried again");
        }
        told.is_ok()
    }
}

/// Looks after the sessions until `stop`, and notes those that have ended by then.
pub(crate) async fn run(sessions: Arc<Sessions>, hub: Arc<Hub>, stop: CancellationToken) {
    let work = async {
        let mut reminder = Instant::now() + REMINDER;
        let mut losses = hub.losses();
        loop {
            sleep(TICK).await;
            for number in sessions.book.due(unix_time(), AT_ONCE) {
                sessions.renew(number);
            }
            let mut told = sessions.remember(&sessions.book.news()).await;
            // Redis may have come back empty.
            let was_lost = hub.is_connected() && std::mem::replace(&mut losses, hub.losses()) != losses;
            if was_lost || reminder <= Instant::now() {
                told &= sessions.remind().await;
                reminder = Instant::now() + REMINDER;
            }
            if !told {
                reminder = reminder.min(Instant::now() + RETRY);
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
    sessions.remember(&sessions.book.news()).await;
}
