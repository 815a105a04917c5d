//! Connect: a valid token, or nothing.

use std::net::IpAddr;

use event::ResumeToken;
use serde::Deserialize;
use server::telemetry::causes;
use socketio::{Accepted, ClientLibrary, ConnectRequest, Reason, Refused};

use super::DesktopSocket;
use super::pid::Pid;
use super::resume::Resume;
use crate::auth::token::{InvalidToken, TokenClaims};
use crate::hub::Desktop;
use crate::metrics;
use crate::state::App;

/// What a desktop presents. `pid` and `offset` come from the client library's connection state
/// recovery; `recovery: false` asks for events with exactly one argument, as is the default for python-socketio, which
/// never returns an offset. Odd values count as none.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    token: Option<serde_json::Value>,
    pid: Option<serde_json::Value>,
    offset: Option<serde_json::Value>,
    recovery: Option<serde_json::Value>,
}

impl App {
    pub(super) async fn admit(&self, request: ConnectRequest) -> Result<Accepted<DesktopSocket>, Refused> {
        if request.namespace != "/" {
            return Err(Refused::invalid_namespace());
        }
        let auth = request.auth.as_deref().and_then(|auth| serde_json::from_str::<Auth>(auth).ok()).unwrap_or_default();
        let token = auth.token.as_ref().and_then(|token| token.as_str()).unwrap_or_default();
        let claims = match self.settings.tokens.verify(token) {
            Ok(claims) => claims,
            Err(error) => self.expired(token, error, &request).await?,
        };
        metrics::connect("accepted");
        Ok(self.accept(request, &auth, claims))
    }

    /// The claims of a token that has expired while its session goes on.
    async fn expired(
        &self,
        token: &str,
        error: InvalidToken,
        request: &ConnectRequest,
    ) -> Result<TokenClaims, Refused> {
        let Ok(mut claims) = self.settings.tokens.verify_expired(token) else {
            return Err(self.refuse(error, request.address));
        };
        match self.sessions.continues(&mut claims).await {
            Ok(true) => Ok(claims),
            Ok(false) => Err(self.refuse(error, request.address)),
            Err(error) => {
                tracing::warn!(error = %causes(&error), "failed to look up a session; the connection is closed, and the desktop tries again");
                // Closed without an answer, so that the client reconnects: a refusal would be final.
                request.socket.close(Reason::Application);
                metrics::connect("undecided");
                Err(not_authenticated(true))
            }
        }
    }

    fn accept(&self, request: ConnectRequest, auth: &Auth, claims: TokenClaims) -> Accepted<DesktopSocket> {
        let recovery = match &auth.recovery {
            Some(recovery) => *recovery != false,
            None => request.library != ClientLibrary::Python,
        };
        let now = self.hub.now();
        let text = |value: &'_ Option<serde_json::Value>| value.as_ref()?.as_str().map(str::to_owned);
        let lost = text(&auth.pid).and_then(|pid| Pid::decode(&pid)).filter(|_| recovery);
        let offset =
            text(&auth.offset).map(|offset| ResumeToken::decode(&offset)).filter(|_| recovery).unwrap_or_default();
        let resume = Resume::new(offset.clone(), lost, self.hub.oldest()..=now).map(Box::new);
        let session = self.sessions.enter(&request.socket, claims);
        let desktop = Desktop::new(request.socket, recovery, offset);
        let state = DesktopSocket { desktop, joined: Vec::new(), resume, session, streams: None };
        Accepted { state, pid: recovery.then(|| Pid::new(now, lost).encode()) }
    }

    /// The answer does not say why. Beyond the limit, each attempt needs a new connection.
    fn refuse(&self, error: InvalidToken, peer: Option<IpAddr>) -> Refused {
        metrics::connect("refused");
        let close = self.refusals.wait(peer).is_some();
        if error != InvalidToken::Missing {
            self.refusals.note(peer);
        }
        if close {
            metrics::refused_too_often();
            tracing::debug!(%error, "connection refused; the address is over the limit");
        } else {
            tracing::info!(%error, "connection refused");
        }
        not_authenticated(close)
    }
}

fn not_authenticated(close: bool) -> Refused {
    Refused { message: "authentication failed".to_owned(), data: None, close }
}
