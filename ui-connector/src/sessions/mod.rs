//! Sessions that outlive their tokens.
//!
//! A token expires after an hour, and a client that reconnects presents the old one. So the connector sends new tokens to
//! connected desktops in time, and accepts an expired token if its session, named by the claim `jti`, was connected a
//! moment ago. Redis remembers that for all connectors. HTTP routes accept no expired tokens.

mod renewal;
mod table;

use std::sync::Arc;
use std::time::Duration;

use broker::{Error, KeyValue, session_key};
use server::util;
use settings::Reader;

use crate::auth::token::{Session, TokenClaims, TokenKeys};
use crate::variables::{SESSION_GRACE_MINUTES, SESSION_MAX_HOURS};
use table::SessionTable;

pub(crate) use renewal::run;
pub(crate) use table::EntryId;

#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// Time after the end of its connection in which a desktop may reconnect with an expired token; zero for none.
    pub grace: Duration,
    /// Time after its first token at which a session ends.
    pub longest: Duration,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

impl SessionSettings {
    pub fn read(env: &mut Reader) -> Self {
        Self { grace: SESSION_GRACE_MINUTES.read(env), longest: SESSION_MAX_HOURS.read(env) }
    }

    const fn is_on(&self) -> bool {
        !self.grace.is_zero()
    }
}

/// The login sessions: those that are connected here, and those that Redis remembers.
pub(crate) struct Sessions {
    keys: Arc<dyn KeyValue>,
    tokens: Arc<TokenKeys>,
    settings: SessionSettings,
    table: SessionTable,
}

impl Sessions {
    pub(crate) fn new(keys: Arc<dyn KeyValue>, tokens: Arc<TokenKeys>, settings: SessionSettings) -> Self {
        Self { keys, tokens, settings, table: SessionTable::default() }
    }

    /// Returns whether a desktop may connect with an expired token, whose claims have been verified.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub(crate) async fn continues(&self, claims: &mut TokenClaims) -> Result<bool, Error> {
        let Some(session) = claims.session.as_mut().filter(|_| self.settings.is_on()) else { return Ok(false) };
        let Some(value) = self.keys.get(&session_key(&session.id)).await? else { return Ok(false) };
        let remembered = std::str::from_utf8(&value).ok().and_then(|began| began.parse().ok());
        session.began = session.began.or(remembered);
        Ok(session.began.is_some_and(|began| unix_time() < self.end(began)))
    }

    /// Returns when a session ends that began at `began`; Unix time, seconds.
    fn end(&self, began: u64) -> u64 {
        began.saturating_add(self.settings.longest.as_secs())
    }
}

/// Returns the key and the value of a session in Redis.
fn record(session: &Session) -> (String, String) {
    (session_key(&session.id), session.began.unwrap_or_default().to_string())
}

fn unix_time() -> u64 {
    util::unix_time().as_secs()
}
