//! Sends new tokens to connected desktops in time, and writes the connected sessions to Redis.

use std::sync::Arc;
use std::time::Duration;

use server::telemetry::causes;
use socketio::{Frame, Socket};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{EntryId, Sessions, unix_time};
use crate::auth::token::TokenClaims;
use crate::hub::Hub;
use crate::metrics;

/// Time before the expiry of a token at which the next one is sent; for short-lived tokens a quarter of their lifetime.
const AHEAD: Duration = Duration::from_mins(5);

/// Interval in which new tokens are sent, and changes written to Redis.
const TICK: Duration = Duration::from_secs(1);

/// Interval in which all sessions are written to Redis. A crash shortens the grace period by up to this much.
const WRITE_ALL: Duration = Duration::from_mins(1);

/// Pause before all sessions are written again after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// Tokens that one tick signs, which takes some milliseconds, and sessions in one write to Redis.
const BATCH: usize = 1000;

impl Sessions {
    /// Notes that a desktop has connected. Returns `None` if its token belongs to no session.
    pub(crate) fn enter(&self, socket: &Socket, claims: TokenClaims) -> Option<EntryId> {
        let mut session = claims.session.filter(|_| self.settings.is_on())?;
        session.began.get_or_insert_with(unix_time);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time before 1970 becomes 1970")]
        let expires = claims.expires as u64;
        Some(self.table.insert(socket.clone(), session, expires, self.due(expires)))
    }

    /// Sends the next token at once if the one of a new connection expires soon.
    pub(crate) fn connected(&self, id: EntryId) {
        if self.table.is_due(id, unix_time()) {
            self.renew(id);
        }
    }

    /// Notes that a desktop has disconnected.
    pub(crate) fn leave(&self, id: EntryId) {
        self.table.remove(id);
    }

    fn due(&self, expires: u64) -> u64 {
        expires.saturating_sub(AHEAD.min(self.tokens.lifetime() / 4).as_secs())
    }

    /// Sends a new token, unless the session ends before the old one expires.
    fn renew(&self, id: EntryId) {
        let Some(entry) = self.table.get(id) else { return };
        let end = self.end(entry.session.began.unwrap_or_default());
        match self.tokens.extend(&entry.session, end) {
            Ok((token, expires)) if expires > entry.expires.max(unix_time()) => {
                let arg = serde_json::json!({"token": token}).to_string();
                // If the outbox is full, another token follows later.
                if entry.socket.try_emit(Frame::event("/", "token-renewed", &[&arg])).is_ok() {
                    metrics::token_renewed();
                    self.table.renewed(id, expires, self.due(expires));
                } else {
                    self.table.renewed(id, entry.expires, unix_time() + WRITE_ALL.as_secs());
                }
            }
            Ok(_) => self.table.renewed(id, entry.expires, u64::MAX),
            Err(error) => {
                tracing::error!(%error, "failed to sign a token");
                self.table.renewed(id, entry.expires, unix_time() + WRITE_ALL.as_secs());
            }
        }
    }

    /// Writes all connected sessions to Redis. Returns whether that succeeded.
    async fn write_all(&self) -> bool {
        let mut last = EntryId::FIRST;
        loop {
            let (ids, records): (Vec<_>, Vec<_>) = self.table.after(last, BATCH).into_iter().unzip();
            let Some(id) = ids.last() else { return true };
            last = *id;
            if !self.write(&records).await {
                return false;
            }
        }
    }

    /// Writes sessions to Redis. After a failure, returns false: everything must be written again.
    async fn write(&self, records: &[(String, String)]) -> bool {
        if records.is_empty() {
            return true;
        }
        let written = self.keys.set_all(records, self.settings.grace).await;
        if let Err(error) = &written {
            tracing::warn!(error = %causes(error), "failed to write connected sessions to Redis; trying again");
        }
        written.is_ok()
    }
}

/// Renews tokens and writes sessions until `stop` is cancelled, then writes the last changes.
pub(crate) async fn run(sessions: Arc<Sessions>, hub: Arc<Hub>, stop: CancellationToken) {
    let work = async {
        let mut next_write = Instant::now() + WRITE_ALL;
        let mut losses = hub.losses();
        loop {
            sleep(TICK).await;
            for id in sessions.table.due(unix_time(), BATCH) {
                sessions.renew(id);
            }
            let mut written = sessions.write(&sessions.table.take_pending()).await;
            // Redis may have come back empty.
            let was_lost = hub.is_connected() && std::mem::replace(&mut losses, hub.losses()) != losses;
            if was_lost || next_write <= Instant::now() {
                written &= sessions.write_all().await;
                next_write = Instant::now() + WRITE_ALL;
            }
            if !written {
                next_write = next_write.min(Instant::now() + RETRY);
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
    sessions.write(&sessions.table.take_pending()).await;
}
