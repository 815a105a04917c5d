//! The HTTP side: which request belongs to what.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol#handshake>.

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::time::Instant;

use super::{
    Engine, Handler,
    id::Id,
    link::Link,
    polling,
    refusal::Refusal,
    relay::{self, Elsewhere},
    session::Session,
    upgrade::Upgrade,
    websocket::Accept,
};
use crate::{frame::Frame, peer::Peer, reason::Reason};

/// The only version of Engine.IO that is spoken.
const VERSION: &str = "4";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Polling,
    WebSocket,
}

#[derive(Debug, Default)]
struct Query<'a> {
    version: Option<&'a str>,
    transport: Option<&'a str>,
    sid: Option<&'a str>,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "EIO" => parsed.version = Some(value),
                "transport" => parsed.transport = Some(value),
                "sid" => parsed.sid = Some(value),
                _ => {}
            }
        }
        parsed
    }

    fn transport(&self) -> Result<Transport, Refusal> {
        match self.transport {
            Some("polling") => Ok(Transport::Polling),
            Some("websocket") => Ok(Transport::WebSocket),
            _ => Err(Refusal::UnknownTransport),
        }
    }
}

pub(crate) async fn serve<H: Handler>(State(engine): State<Engine<H>>, request: Request) -> Response {
    match answer(&engine, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer<H: Handler>(engine: &Engine<H>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let uri = std::mem::take(&mut parts.uri);
    let query = Query::parse(uri.query().unwrap_or_default());
    let transport = query.transport()?;
    let Some(sid) = query.sid else {
        return handshake(engine, transport, &query, parts);
    };
    let (id, node) = sid.split_once('.').map_or((sid, None), |(id, node)| (id, Some(node)));
    if let Some(session) = elsewhere(engine, id, node) {
        return relay::forward(engine.registry(), session, transport, parts, body).await;
    }
    let link = engine.registry().find(id).ok_or(Refusal::UnknownSession)?;
    match (transport, parts.method.clone()) {
        (Transport::Polling, Method::GET) => polling::poll(link).await.map(text),
        (Transport::Polling, Method::POST) => polling::post(link, body).await.map(text),
        (Transport::WebSocket, Method::GET) => upgrade(link, parts),
        _ => Err(Refusal::BadRequest),
    }
}

/// The session, if another process has it.
fn elsewhere<H: Handler>(engine: &Engine<H>, id: &str, node: Option<&str>) -> Option<Elsewhere> {
    let settings = engine.settings();
    let node = node.filter(|node| settings.node.as_deref() != Some(*node))?;
    Some(Elsewhere::new(engine.relay()?.clone(), node, Id::parse(id)?, settings.clone()))
}

pub(crate) fn text(body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=UTF-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.into()).into_response()
}

fn handshake<H: Handler>(
    engine: &Engine<H>,
    transport: Transport,
    query: &Query<'_>,
    parts: Parts,
) -> Result<Response, Refusal> {
    let start = Instant::now();
    if parts.method != Method::GET {
        return Err(Refusal::HandshakeMethod);
    }
    if query.version != Some(VERSION) {
        return Err(Refusal::UnsupportedProtocol);
    }
    match transport {
        Transport::Polling => open_polling(engine, start, &parts),
        Transport::WebSocket => open_websocket(engine, start, parts),
    }
}

fn open_polling<H: Handler>(engine: &Engine<H>, start: Instant, parts: &Parts) -> Result<Response, Refusal> {
    let place = engine.registry().reserve(engine.settings().max_connections)?;
    let peer = peer(parts);
    let link = Arc::new(Link::new(Id::random(), engine.settings().clone(), peer, Some(Box::default())));
    let open = open_packet(&link, &["websocket"]);
    tokio::spawn(Session::new(link, place, start, None).run(engine.handler().clone()));
    Ok(text(open))
}

fn open_websocket<H: Handler>(engine: &Engine<H>, start: Instant, mut parts: Parts) -> Result<Response, Refusal> {
    let (peer, accept) = (peer(&parts), Accept::check(&mut parts)?);
    let place = engine.registry().reserve(engine.settings().max_connections)?;
    let (settings, handler) = (engine.settings().clone(), engine.handler().clone());
    Ok(accept.open(settings.clone(), move |channel| async move {
        let link = Arc::new(Link::new(Id::random(), settings, peer, None));
        link.send_control(Frame::encoded(open_packet(&link, &[])));
        // A task of its own: that of the upgrade keeps more than the session needs.
        tokio::spawn(Session::new(link, place, start, Some(channel)).run(handler));
    }))
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0)
}

/// A WebSocket that has no place in the session is opened and closed again, as by the reference server.
fn upgrade(link: Arc<Link>, mut parts: Parts) -> Result<Response, Refusal> {
    let accept = Accept::check(&mut parts)?;
    let settings = link.settings.clone();
    match Upgrade::begin(link) {
        Ok(upgrade) => Ok(accept.open(settings, move |channel| upgrade.run(channel))),
        Err(Refusal::BadRequest) => Ok(accept.open(settings, |channel| async {
            channel.part(Vec::new(), Reason::ProtocolError);
        })),
        Err(refusal) => Err(refusal),
    }
}

fn open_packet(link: &Link, upgrades: &[&str]) -> String {
    let (settings, id) = (&link.settings, link.id.as_str());
    let open = serde_json::json!({
        "sid": settings.node.as_ref().map_or(id.to_owned(), |node| [id, ".", node].concat()),
        "upgrades": upgrades,
        "pingInterval": millis(settings.ping_interval),
        "pingTimeout": millis(settings.ping_timeout),
        "maxPayload": settings.max_payload,
    });
    format!("0{open}")
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
