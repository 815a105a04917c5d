//! Sessions of other processes. A client that polls opens a connection for each request, and a balancer may bring it
//! to any process: the session's id names the one that has the session, and the request is taken there.

mod bridge;
mod elsewhere;
mod letter;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, request::Parts},
    response::Response,
};
use bytes::Bytes;
use tokio::time::timeout;

use super::{
    Engine, Handler,
    http::{Transport, text},
    polling,
    refusal::Refusal,
    registry::Registry,
    websocket::Accept,
};
use bridge::Bridge;
pub(crate) use elsewhere::Elsewhere;
use letter::{Answer, Request};

/// An answer on its way.
pub type Asking = Pin<Box<dyn Future<Output = Option<Bytes>> + Send>>;

/// The way to the other processes of a deployment.
pub trait Relay: Send + Sync + 'static {
    /// Brings `request` to the process that is called `node`, where [`Server::answer`](crate::Server::answer) is asked,
    /// and the answer back; nothing if there is no such process, if too much is on its way, or if no answer comes
    /// `within` that time.
    fn ask(&self, node: &str, request: Bytes, within: Duration) -> Asking;
}

/// Serves a request of a session that another process has.
pub(crate) async fn forward(
    registry: &Arc<Registry>,
    session: Elsewhere,
    transport: Transport,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Refusal> {
    match (transport, parts.method.clone()) {
        (Transport::Polling, Method::GET) => session.poll().await.map(text),
        (Transport::Polling, Method::POST) => {
            let read = axum::body::to_bytes(body, session.settings.max_payload);
            let body = timeout(session.settings.ping_timeout, read).await.map_err(|_| Refusal::TooSlow)?;
            session.post(body.map_err(|_| Refusal::TooLarge)?).await.map(text)
        }
        (Transport::WebSocket, Method::GET) => {
            let accept = Accept::check(&mut parts)?;
            let settings = Arc::clone(&session.settings);
            let place = registry.reserve(settings.max_connections)?;
            Ok(accept.open(settings, move |channel| Bridge::new(channel, session).run(place)))
        }
        _ => Err(Refusal::BadRequest),
    }
}

impl<H: Handler> Engine<H> {
    /// Answers what another process asks about a session of this one.
    pub async fn answer(&self, request: Bytes) -> Bytes {
        let answer = match Request::read(&request) {
            Some(request) => self.carry_out(request).await,
            None => Err(Refusal::BadRequest),
        };
        Answer(answer).write()
    }

    async fn carry_out(&self, request: Request) -> Result<Bytes, Refusal> {
        let link = self.registry().get(request.id()).ok_or(Refusal::UnknownSession)?;
        match request {
            Request::Poll(_) => polling::poll(link).await.map(Bytes::from),
            Request::Post(_, body) => polling::post(link, Body::from(body)).await.map(Bytes::from),
            Request::Interrupt(_) => {
                polling::interrupt(&link);
                Ok(Bytes::new())
            }
        }
    }
}
