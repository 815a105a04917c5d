//! The server that the official protocol test suites expect, on port 3000.
//!
//! <https://github.com/socketio/socket.io/tree/main/docs>: `engine.io-protocol/v4-test-suite` and
//! `socket.io-protocol/v5-test-suite`.

use std::{error::Error, net::Ipv4Addr, sync::Arc, time::Duration};

use socketio::{
    Accepted, Application, ConnectRequest, Event, Frame, Reason, Refused, Server, Settings, Socket,
    engine::{Connection, Engine, Handler, Message},
};

/// Sends every message back.
struct EngineEcho;

impl Handler for EngineEcho {
    type Session = Connection;

    fn open(&self, connection: Connection) -> Connection {
        connection.establish();
        connection
    }

    async fn message(&self, connection: &mut Connection, message: Message) -> Result<(), Reason> {
        let frame = match message {
            Message::Text(text) => Frame::text(text.as_str()),
            Message::Binary(bytes) => Frame::binary(bytes),
        };
        connection.send(frame).map_err(|_| Reason::Application)
    }

    async fn close(&self, _: Connection, _: Reason) {}
}

/// Sends credentials, messages and acks back.
struct SocketEcho;

impl Application for SocketEcho {
    type Session = (Socket, String);

    async fn connect(&self, request: ConnectRequest) -> Result<Accepted<Self::Session>, Refused> {
        if !matches!(request.namespace.as_str(), "/" | "/custom") {
            return Err(Refused::invalid_namespace());
        }
        let auth = request.auth.unwrap_or_else(|| "{}".to_owned());
        Ok(Accepted { session: (request.socket, auth), pid: None })
    }

    async fn connected(&self, (socket, auth): &mut Self::Session) {
        // An error says that the client has gone, which `disconnect` will be told.
        let _ = socket.emit(Frame::event(socket.namespace(), "auth", &[auth]));
    }

    async fn event(&self, (socket, _): &mut Self::Session, event: Event) {
        let _ = match (event.name.as_str(), event.ack) {
            ("message", _) => socket.emit(back(socket, &event)),
            ("message-with-ack", Some(id)) => socket.ack_with(id, &event.args, event.attachments),
            _ => Ok(()),
        };
    }

    async fn disconnect(&self, _: Self::Session, _: Reason) {}
}

fn back(socket: &Socket, event: &Event) -> Frame {
    let inside = event.args.strip_prefix('[').and_then(|args| args.strip_suffix(']')).unwrap_or_default();
    let args = if inside.is_empty() { &[][..] } else { &[inside] };
    if event.attachments.is_empty() {
        Frame::event(socket.namespace(), "message-back", args)
    } else {
        Frame::binary_event(socket.namespace(), "message-back", args, event.attachments.clone())
    }
}

fn settings(path: &str) -> Settings {
    Settings {
        path: path.to_owned(),
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_secs(2),
        ..Settings::default()
    }
}

/// On one thread, because some tests rely on the server to see requests in the order in which they were sent, over
/// several connections and a few milliseconds apart.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::new(settings("/engine.io/"), Arc::new(EngineEcho));
    let server = Server::new(settings("/socket.io/"), Arc::new(SocketEcho));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, 3000)).await?;
    axum::serve(listener, engine.router().merge(server.router())).await?;
    Ok(())
}
