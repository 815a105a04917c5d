//! One client: the sockets of a connection.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    application::{Accepted, Application, ConnectRequest, Event, Refused},
    assembly::Assembly,
    handle::Socket,
    packet::{Kind, Packet, RawEvent},
};
use crate::{
    engine::{Connection, Handler, Message},
    frame::Frame,
    reason::Reason,
};

/// Namespaces that one client may be in.
const MAX_NAMESPACES: usize = 16;

/// Socket.IO on top of Engine.IO.
pub(crate) struct Clients<A>(pub(crate) Arc<A>);

pub(crate) struct Client<S> {
    connection: Connection,
    /// Hardly ever more than one, so searched one by one.
    members: Vec<Member<S>>,
    assembly: Option<Box<Assembly>>,
}

struct Member<S> {
    socket: Socket,
    session: S,
}

impl<A: Application> Handler for Clients<A> {
    type Session = Client<A::Session>;

    fn open(&self, connection: Connection) -> Self::Session {
        Client { connection, members: Vec::new(), assembly: None }
    }

    async fn message(&self, client: &mut Self::Session, message: Message) -> Result<(), Reason> {
        match (message, client.assembly.take()) {
            (Message::Text(text), None) => {
                let packet = Packet::parse(text.as_str()).map_err(|_| Reason::ProtocolError)?;
                self.packet(client, packet, text.as_str().len()).await
            }
            (Message::Binary(bytes), Some(assembly)) => self.attachment(client, assembly, bytes).await,
            (Message::Text(_), Some(_)) | (Message::Binary(_), None) => Err(Reason::ProtocolError),
        }
    }

    async fn close(&self, client: Self::Session, reason: Reason) {
        for member in client.members {
            member.socket.leave();
            self.0.disconnect(member.session, reason).await;
        }
    }
}

impl<A: Application> Clients<A> {
    async fn packet(&self, client: &mut Client<A::Session>, packet: Packet<'_>, len: usize) -> Result<(), Reason> {
        let index = client.members.iter().position(|member| member.socket.namespace() == packet.namespace);
        match (packet.kind, index) {
            (Kind::Connect(auth), None) => {
                self.connect(client, packet.namespace, auth).await;
                Ok(())
            }
            (Kind::Event(event), Some(index)) => self.event(client, index, event, len).await,
            (Kind::Ack(attachments), Some(_)) => {
                client.assembly = Assembly::ignored(attachments, client.connection.max_payload(), len).map(Box::new);
                Ok(())
            }
            (Kind::Disconnect, Some(index)) => {
                let member = client.members.swap_remove(index);
                member.socket.leave();
                self.0.disconnect(member.session, Reason::ClientDisconnect).await;
                Ok(())
            }
            (Kind::ConnectError, _)
            | (Kind::Connect(_), Some(_))
            | (Kind::Event(_) | Kind::Ack(_) | Kind::Disconnect, None) => Err(Reason::ProtocolError),
        }
    }

    async fn connect(&self, client: &mut Client<A::Session>, namespace: &str, auth: Option<&str>) {
        let socket = Socket::new(client.connection.clone(), namespace);
        let answer = if client.members.len() < MAX_NAMESPACES {
            let (namespace, auth) = (namespace.to_owned(), auth.map(str::to_owned));
            let peer = client.connection.peer();
            self.0.connect(ConnectRequest { namespace, auth, peer, socket: socket.clone() }).await
        } else {
            Err(Refused { message: "Too many namespaces".to_owned(), data: None, close: false })
        };
        // A frame that cannot be sent means that the connection has ended, which its task sees for itself.
        match answer {
            Ok(Accepted { session, pid }) => {
                let _ = socket.emit(Frame::connect(namespace, socket.id(), pid.as_deref()));
                client.connection.establish();
                let member = client.admit(Member { socket, session });
                self.0.connected(&mut member.session).await;
            }
            Err(Refused { message, data, close }) => {
                let _ = socket.emit(Frame::connect_error(namespace, &message, data.as_deref()));
                socket.leave();
                if close {
                    client.connection.close(Reason::Application);
                }
            }
        }
    }

    async fn event(
        &self,
        client: &mut Client<A::Session>,
        index: usize,
        event: RawEvent<'_>,
        len: usize,
    ) -> Result<(), Reason> {
        let attachments = event.attachments;
        let event =
            Event { name: event.name, args: ["[", event.args, "]"].concat(), attachments: Vec::new(), ack: event.ack };
        if attachments > 0 {
            let socket = client.members[index].socket.clone();
            let max_payload = client.connection.max_payload();
            client.assembly = Some(Box::new(Assembly::event(socket, event, attachments, max_payload, len)));
            return Ok(());
        }
        self.0.event(&mut client.members[index].session, event).await;
        Ok(())
    }

    async fn attachment(
        &self,
        client: &mut Client<A::Session>,
        mut assembly: Box<Assembly>,
        bytes: Bytes,
    ) -> Result<(), Reason> {
        if !assembly.add(bytes)? {
            client.assembly = Some(assembly);
            return Ok(());
        }
        let Some((socket, event)) = assembly.finish() else {
            return Ok(());
        };
        let member = client.members.iter_mut().find(|member| member.socket.id() == socket.id());
        if let Some(member) = member {
            self.0.event(&mut member.session, event).await;
        }
        Ok(())
    }
}

impl<S> Client<S> {
    fn admit(&mut self, member: Member<S>) -> &mut Member<S> {
        // Room for one, as most clients need, rather than for the usual four.
        self.members.reserve_exact(1);
        self.members.push(member);
        let last = self.members.len() - 1;
        &mut self.members[last]
    }
}
