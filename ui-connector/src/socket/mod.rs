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
use streams::Streams;

use crate::hub::Desktop;
use crate::metrics;
use crate::peers::Peers;
use crate::sessions::EntryId;
use crate::state::App;

/// Creates the Socket.IO server for the desktops. `node` is the connector's name among its peers.
pub(crate) fn server(app: &Arc<App>, node: String, peers: Peers) -> Server {
    let settings = SocketSettings { node: Some(node), ..app.settings.sockets.clone() };
    Server::with_peers(settings, Arc::new(Desktops(app.clone())), Arc::new(peers))
}

/// Serves the sockets of the desktops.
struct Desktops(Arc<App>);

/// One connected desktop. Its connection's task owns it.
struct DesktopSocket {
    desktop: Arc<Desktop>,
    joined: Vec<ConversationName>,
    /// Only of desktops that have come back.
    resume: Option<Box<Resume>>,
    /// Its entry in the table of login sessions, if its token belongs to one.
    session: Option<EntryId>,
    /// Most desktops have none.
    streams: Option<Box<Streams>>,
}

impl Application for Desktops {
    type SocketState = DesktopSocket;

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<DesktopSocket>, Refused> {
        self.0.admit(request).await
    }

    async fn connected(&self, socket: &mut DesktopSocket) {
        if let Some(entry) = socket.session {
            self.0.sessions.connected(entry);
        }
    }

    async fn event(&self, socket: &mut DesktopSocket, event: ClientEvent) {
        self.0.handle_event(socket, &event).await;
    }

    async fn disconnect(&self, socket: DesktopSocket, reason: Reason) {
        metrics::disconnected(reason);
        if let Some(entry) = socket.session {
            self.0.sessions.leave(entry);
        }
        tracing::debug!(reason = reason.as_str(), conversations = socket.joined.len(), "desktop disconnected");
        for name in &socket.joined {
            self.0.hub.leave(&socket.desktop, name).await;
        }
    }
}
