//! The server that the official protocol test suites expect, on port 3000, and a WebSocket echo server
//! for Autobahn's, on port 9001.
//!
//! <https://github.com/socketio/socket.io/tree/main/docs>: `engine.io-protocol/v4-test-suite` and
//! `socket.io-protocol/v5-test-suite`. <https://github.com/crossbario/autobahn-testsuite>.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use socketio::{Accepted, Application, ClientEvent, ConnectRequest, Frame, Reason, Refused, Server, Socket};
use socketio::{SocketSettings, internals};
use tokio::net::TcpListener;

/// Autobahn sends messages of up to 16 MiB.
const MAX_AUTOBAHN_PAYLOAD: usize = 16 * 1024 * 1024;

/// Sends credentials, messages and acks back.
struct SocketEcho;

impl Application for SocketEcho {
    type SocketState = (Socket, String);

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<Self::SocketState>, Refused> {
        if !matches!(request.namespace.as_str(), "/" | "/custom") {
            return Err(Refused::invalid_namespace());
        }
        let auth = request.auth.unwrap_or_else(|| "{}".to_owned());
        Ok(Accepted { state: (request.socket, auth), pid: None })
    }

    async fn connected(&self, (socket, auth): &mut Self::SocketState) {
        // An error means that the connection has ended, which `disconnect` is called for.
        let _ = socket.emit(Frame::event(socket.namespace(), "auth", &[auth]));
    }

    async fn event(&self, (socket, _): &mut Self::SocketState, event: ClientEvent) {
        let _ = match (event.name.as_str(), event.ack) {
            ("message", _) => socket.emit(message_back(socket, &event)),
            ("message-with-ack", Some(id)) => socket.ack_with(id, &event.args, event.attachments),
            _ => Ok(()),
        };
    }

    async fn disconnect(&self, _: Self::SocketState, _: Reason) {}
}

fn message_back(socket: &Socket, event: &ClientEvent) -> Frame {
    let inside = event.args.strip_prefix('[').and_then(|args| args.strip_suffix(']')).unwrap_or_default();
    let args = if inside.is_empty() { &[][..] } else { &[inside] };
    if event.attachments.is_empty() {
        Frame::event(socket.namespace(), "message-back", args)
    } else {
        Frame::binary_event(socket.namespace(), "message-back", args, event.attachments.clone())
    }
}

fn settings(path: &str) -> SocketSettings {
    SocketSettings {
        path: path.to_owned(),
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_secs(2),
        ..SocketSettings::default()
    }
}

async fn serve(port: u16, router: Router) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    axum::serve(listener, router).await
}

/// On one thread, because some tests rely on the server to see requests in the order in which they were
/// sent, over several connections and a few milliseconds apart.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::new(settings("/socket.io/"), Arc::new(SocketEcho));
    let socketio = internals::engine_echo(settings("/engine.io/")).merge(server.router());
    tokio::try_join!(serve(3000, socketio), serve(9001, internals::websocket_echo(MAX_AUTOBAHN_PAYLOAD)))?;
    Ok(())
}
