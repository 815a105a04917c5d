//! What desktops do on their sockets: connect, join, leave.

mod commands;
mod handshake;
mod pid;
mod request;
mod resume;
mod streams;

use std::sync::Arc;

use event::ConversationName;
use socketio::{Accepted, Application, ClientEvent, ConnectRequest, Reason, Refused, Server, SocketSettings};

use resume::Resume;
pub(crate) use streams::Companion;
use streams::Streams;

use crate::Settings;
use crate::auth::token::TokenKeys;
use crate::guard::Refusals;
use crate::hub::{Desktop, Hub};
use crate::metrics;
use crate::peers::Peers;
use crate::sessions::{Number, Sessions};

/// Creates the Socket.IO server for the desktops. `node` is the connector's name among its peers.
pub(crate) fn server(settings: &Settings, node: String, desktops: Desktops, peers: Peers) -> Server {
    let settings = SocketSettings { node: Some(node), ..settings.sockets.clone() };
    Server::with_peers(settings, Arc::new(desktops), Arc::new(peers))
}

pub(crate) struct Desktops {
    hub: Arc<Hub>,
    tokens: Arc<TokenKeys>,
    sessions: Arc<Sessions>,
    project: String,
    refusals: Arc<Refusals>,
    companion: Arc<Companion>,
}

impl Desktops {
    pub(crate) fn new(
        settings: &Settings,
        hub: Arc<Hub>,
        sessions: Arc<Sessions>,
        refusals: Arc<Refusals>,
        companion: Companion,
    ) -> Self {
        let (tokens, project) = (settings.tokens.clone(), settings.project.clone());
        Self { hub, tokens, sessions, project, refusals, companion: Arc::new(companion) }
    }
}

/// One connected desktop. Its connection's task owns it.
pub(crate) struct Session {
    desktop: Arc<Desktop>,
    joined: Vec<ConversationName>,
    /// Only of desktops that have come back.
    resume: Option<Box<Resume>>,
    /// Under which number its login session is known, if it has one.
    number: Option<Number>,
    /// Most desktops have none.
    streams: Option<Box<Streams>>,
}

impl Application for Desktops {
    type SocketState = Session;

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<Session>, Refused> {
        self.admit(request).await
    }

    async fn connected(&self, session: &mut Session) {
        if let Some(number) = session.number {
            self.sessions.connected(number);
        }
    }

    async fn event(&self, session: &mut Session, event: ClientEvent) {
        self.handle_event(session, &event).await;
    }

    async fn disconnect(&self, session: Session, reason: Reason) {
        metrics::disconnected(reason);
        if let Some(number) = session.number {
            self.sessions.leave(number);
        }
        tracing::debug!(reason = reason.as_str(), conversations = session.joined.len(), "a desktop has gone");
        for name in &session.joined {
            self.hub.leave(&session.desktop, name).await;
        }
    }
}
