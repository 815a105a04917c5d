//! Connect: a valid token, or nothing.

use std::net::IpAddr;

use event::Offset;
use serde::Deserialize;
use socketio::{Accepted, ConnectRequest, Refused, Socket};

use super::pid::Pid;
use super::resume::Resume;
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
    pid: Option<serde_json::Value>,
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
        Ok(self.accept(request.socket, &auth))
    }

    fn accept(&self, socket: Socket, auth: &Auth) -> Accepted<Session> {
        let recovery = auth.recovery != Some(false.into());
        let now = self.hub.now();
        let text = |value: &'_ Option<serde_json::Value>| value.as_ref()?.as_str().map(str::to_owned);
        let lost = text(&auth.pid).and_then(|pid| Pid::decode(&pid)).filter(|_| recovery);
        let offset = text(&auth.offset).map(|offset| Offset::decode(&offset)).filter(|_| recovery).unwrap_or_default();
        let resume = Resume::new(offset.clone(), lost, self.hub.oldest()..=now).map(Box::new);
        let desktop = Desktop::new(socket, recovery, offset);
        let session = Session { desktop, joined: Vec::new(), resume, streams: None };
        Accepted { session, pid: recovery.then(|| Pid::new(now, lost).encode()) }
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
