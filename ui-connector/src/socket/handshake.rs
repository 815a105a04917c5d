//! Connect: a valid token, or nothing.

use std::net::IpAddr;
use std::time::SystemTime;

use event::Offset;
use serde::Deserialize;
use socketio::{Accepted, ConnectRequest, Refused};

use super::{Desktops, Session};
use crate::auth::token::InvalidToken;
use crate::hub::Desktop;
use crate::metrics;

/// What a desktop presents. `pid` and `offset` come from the client library's connection state
/// recovery; `recovery: false` asks for events with exactly one argument. Odd values count as none.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    token: Option<serde_json::Value>,
    offset: Option<serde_json::Value>,
    recovery: Option<serde_json::Value>,
}

impl Desktops {
    pub(super) fn admit(&self, request: ConnectRequest) -> Result<Accepted<Session>, Refused> {
        if request.namespace != "/" {
            return Err(Refused::invalid_namespace());
        }
        let auth = request.auth.as_deref().and_then(|auth| serde_json::from_str::<Auth>(auth).ok()).unwrap_or_default();
        let token = auth.token.as_ref().and_then(|token| token.as_str()).unwrap_or_default();
        if let Err(error) = self.tokens.verify(token) {
            return Err(self.refuse(error, request.peer));
        }
        metrics::connect("accepted");
        let recovery = auth.recovery != Some(false.into());
        let offset = auth.offset.as_ref().and_then(|offset| offset.as_str()).map(Offset::decode);
        let offset = offset.filter(|_| recovery).unwrap_or_default();
        let session =
            Session { desktop: Desktop::new(request.socket, recovery, offset), joined: Vec::new(), streams: None };
        Ok(Accepted { session, pid: recovery.then(pid) })
    }
}

impl Desktops {
    /// The answer does not tell why. Who was refused too often has to begin a new connection for each attempt.
    fn refuse(&self, error: InvalidToken, peer: Option<IpAddr>) -> Refused {
        metrics::connect("refused");
        let close = self.refusals.wait(peer).is_some();
        if error != InvalidToken::Missing {
            self.refusals.note(peer);
        }
        if close {
            metrics::refused_too_often();
            tracing::debug!(%error, "a desktop was refused once more");
        } else {
            tracing::info!(%error, "a desktop was refused");
        }
        Refused { message: "authentication failed".to_owned(), data: None, close }
    }
}

/// New at every connect, so that the client library reports `recovered: false` and no page skips
/// its join. It names the moment, from which a desktop can resume that has got no event yet.
fn pid() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{:016x}", now.as_millis(), rand::random::<u64>())
}
