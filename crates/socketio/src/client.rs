//! Socket.IO on top of Engine.IO: the sockets of one client.

use std::sync::Arc;

use bytes::Bytes;

use crate::application::{Accepted, Application, ClientEvent, ConnectRequest, Refused};
use crate::engine::{ClientMessage, Connection, Driver};
use crate::frame::Frame;
use crate::packet::{Packet, PacketKind, RawEvent};
use crate::reason::Reason;
use crate::socket::Socket;

/// Namespaces that one client may be connected to.
const MAX_NAMESPACES: usize = 16;

/// Serves a client until its connection ends.
///
/// An `async` block over captured variables, because an `async fn` would store them twice. Futures
/// that an idle client does not need are boxed, so that it has no room for them.
#[expect(clippy::manual_async_fn, reason = "see above")]
pub(crate) fn serve<A: Application>(application: Arc<A>, mut driver: Driver) -> impl Future<Output = ()> + Send {
    async move {
        let mut client = Client::new(driver.connection().clone());
        let reason = loop {
            let handler = match driver.receive().await {
                Ok(message) => Box::pin(client.handle(&*application, message)),
                Err(reason) => break reason,
            };
            if let Err(reason) = driver.run(handler).await {
                break reason;
            }
        };
        Box::pin(client.disconnect(&*application, reason)).await;
        Box::pin(driver.linger()).await;
    }
}

struct Client<S> {
    connection: Arc<Connection>,
    /// Most clients have one, so that a search from the start is fastest.
    members: Vec<NamespaceMember<S>>,
    assembly: Option<Box<Assembly>>,
}

/// The client in one namespace.
struct NamespaceMember<S> {
    socket: Socket,
    state: S,
}

/// A packet whose attachments have not all arrived.
struct Assembly {
    /// `None` if the packet is to be ignored.
    event: Option<(Socket, ClientEvent)>,
    missing: usize,
    /// Bytes that its attachments may still have.
    room: usize,
}

impl<S> Client<S> {
    fn new(connection: Arc<Connection>) -> Self {
        Self { connection, members: Vec::new(), assembly: None }
    }

    /// Handles one message of Engine.IO.
    async fn handle<A>(&mut self, application: &A, message: ClientMessage) -> Result<(), Reason>
    where
        A: Application<SocketState = S>,
    {
        match (message, self.assembly.take()) {
            (ClientMessage::Text(text), None) => self.packet(application, text.as_str()).await,
            (ClientMessage::Binary(bytes), Some(assembly)) => self.attachment(application, assembly, bytes).await,
            (ClientMessage::Text(_), Some(_)) | (ClientMessage::Binary(_), None) => Err(Reason::ProtocolError),
        }
    }

    async fn disconnect<A>(self, application: &A, reason: Reason)
    where
        A: Application<SocketState = S>,
    {
        for member in self.members {
            member.socket.leave();
            application.disconnect(member.state, reason).await;
        }
    }

    async fn packet<A>(&mut self, application: &A, text: &str) -> Result<(), Reason>
    where
        A: Application<SocketState = S>,
    {
        let packet = Packet::parse(text).map_err(|_| Reason::ProtocolError)?;
        let index = self.members.iter().position(|member| member.socket.namespace() == packet.namespace);
        match (packet.kind, index) {
            (PacketKind::Connect(auth), None) => self.connect(application, packet.namespace, auth).await,
            (PacketKind::Event(event), Some(index)) => {
                let (attachments, member) = (event.attachments, &mut self.members[index]);
                let event = client_event(event);
                if attachments == 0 {
                    application.event(&mut member.state, event).await;
                } else {
                    let event = Some((member.socket.clone(), event));
                    self.assemble(event, attachments, text.len());
                }
            }
            (PacketKind::Ack(attachments), Some(_)) if attachments > 0 => self.assemble(None, attachments, text.len()),
            (PacketKind::Ack(_), Some(_)) => {}
            (PacketKind::Disconnect, Some(index)) => {
                let member = self.members.swap_remove(index);
                member.socket.leave();
                application.disconnect(member.state, Reason::ClientDisconnect).await;
            }
            (PacketKind::ConnectError, _)
            | (PacketKind::Connect(_), Some(_))
            | (PacketKind::Event(_) | PacketKind::Ack(_) | PacketKind::Disconnect, None) => {
                return Err(Reason::ProtocolError);
            }
        }
        Ok(())
    }

    async fn connect<A>(&mut self, application: &A, namespace: &str, auth: Option<&str>)
    where
        A: Application<SocketState = S>,
    {
        let socket = Socket::new(self.connection.clone(), namespace);
        let answer = if self.members.len() < MAX_NAMESPACES {
            let (namespace, auth) = (namespace.to_owned(), auth.map(str::to_owned));
            let (address, library) = (self.connection.address, self.connection.library);
            application.connect(ConnectRequest { namespace, auth, address, library, socket: socket.clone() }).await
        } else {
            Err(Refused { message: "Too many namespaces".to_owned(), data: None, close: false })
        };
        // An error from `emit` means that the connection has ended, which the driver notices by itself.
        match answer {
            Ok(Accepted { state, pid }) => {
                let _ = socket.emit(Frame::connect(namespace, socket.id(), pid.as_deref()));
                self.connection.establish();
                // Room for one member, not for the usual four.
                self.members.reserve_exact(1);
                let member = self.members.push_mut(NamespaceMember { socket, state });
                application.connected(&mut member.state).await;
            }
            Err(Refused { message, data, close }) => {
                let _ = socket.emit(Frame::connect_error(namespace, &message, data.as_deref()));
                socket.leave();
                if close {
                    self.connection.close(Reason::Application);
                }
            }
        }
    }

    /// Waits for the attachments of a packet of `len` bytes.
    fn assemble(&mut self, event: Option<(Socket, ClientEvent)>, missing: usize, len: usize) {
        let room = self.connection.max_payload().saturating_sub(len);
        self.assembly = Some(Box::new(Assembly { event, missing, room }));
    }

    async fn attachment<A>(&mut self, application: &A, mut assembly: Box<Assembly>, bytes: Bytes) -> Result<(), Reason>
    where
        A: Application<SocketState = S>,
    {
        assembly.room = assembly.room.checked_sub(bytes.len()).ok_or(Reason::ProtocolError)?;
        assembly.missing -= 1;
        if let Some((_, event)) = &mut assembly.event {
            event.attachments.push(bytes);
        }
        if assembly.missing > 0 {
            self.assembly = Some(assembly);
            return Ok(());
        }
        let Some((socket, event)) = assembly.event else { return Ok(()) };
        if let Some(member) = self.members.iter_mut().find(|member| member.socket.id() == socket.id()) {
            application.event(&mut member.state, event).await;
        }
        Ok(())
    }
}

fn client_event(event: RawEvent<'_>) -> ClientEvent {
    let args = ["[", event.args, "]"].concat();
    ClientEvent { name: event.name, args, attachments: Vec::new(), ack: event.ack }
}
