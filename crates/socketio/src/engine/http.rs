//! Assigns each request to a connection: <https://github.com/socketio/engine.io-protocol#handshake>.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::json;
use tokio::time::Instant;

use super::Engine;
use super::connection::{Connection, Phase};
use super::driver::Driver;
use super::error::RequestError;
use super::id::RandomId;
use super::library::ClientLibrary;
use super::polling::get::Poller;
use super::polling::{get, post};
use super::relay::RemoteConnection;
use super::relay::bridge::Bridge;
use super::upgrade::Upgrade;
use super::websocket::handshake::Handshake;
use crate::frame::Frame;
use crate::reason::Reason;

/// The supported version of Engine.IO.
const VERSION: &str = "4";

/// The IP address of a client, as an extension of its HTTP requests. The HTTP server sets it,
/// because only that server knows whether there is a proxy in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteIp(pub IpAddr);

#[derive(Clone, Copy)]
enum Transport {
    Polling,
    WebSocket,
}

#[derive(Default)]
struct Query<'a> {
    version: Option<&'a str>,
    transport: Option<&'a str>,
    sid: Option<&'a str>,
    t: &'a str,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "EIO" => parsed.version = Some(value),
                "transport" => parsed.transport = Some(value),
                "sid" => parsed.sid = Some(value),
                "t" => parsed.t = value,
                _ => {}
            }
        }
        parsed
    }

    fn transport(&self) -> Result<Transport, RequestError> {
        match self.transport {
            Some("polling") => Ok(Transport::Polling),
            Some("websocket") => Ok(Transport::WebSocket),
            _ => Err(RequestError::UnknownTransport),
        }
    }
}

async fn serve(State(engine): State<Arc<Engine>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let uri = std::mem::take(&mut parts.uri);
    let query = Query::parse(uri.query().unwrap_or_default());
    dispatch(engine, &query, parts, body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn dispatch(engine: Arc<Engine>, query: &Query<'_>, parts: Parts, body: Body) -> Result<Response, RequestError> {
    let transport = query.transport()?;
    let Some(sid) = query.sid else {
        return open(engine, transport, query, parts);
    };
    let (id, node) = sid.split_once('.').map_or((sid, None), |(id, node)| (id, Some(node)));
    let id = RandomId::parse(id).ok_or(RequestError::UnknownSession)?;
    if let Some(remote) = engine.remote(id, node) {
        return serve_remote(&engine, remote, transport, query.t, parts, body).await;
    }
    let connection = engine.registry.get(id).ok_or(RequestError::UnknownSession)?;
    serve_local(connection, transport, query.t, parts, body).await
}

impl Engine {
    /// Returns the routes of the server.
    pub(crate) fn router(this: &Arc<Self>) -> Router {
        let path = this.settings.path.as_str();
        let router = Router::new().route(path, any(serve));
        let bare = path.trim_end_matches('/');
        let router = if bare.is_empty() || bare == path { router } else { router.route(bare, any(serve)) };
        router.with_state(this.clone())
    }

    /// Returns the connection if a peer has it.
    fn remote(&self, id: RandomId, node: Option<&str>) -> Option<RemoteConnection> {
        let node = node.filter(|node| self.settings.node.as_deref() != Some(*node))?;
        Some(RemoteConnection::new(self.relay.clone()?, node, id))
    }
}

async fn serve_local(
    connection: Arc<Connection>,
    transport: Transport,
    t: &str,
    mut parts: Parts,
    body: Body,
) -> Result<Response, RequestError> {
    match (transport, &parts.method) {
        (Transport::Polling, &Method::GET) => get::poll(&connection, Poller::Client(t)).await.map(text),
        (Transport::Polling, &Method::POST) => post::post(&connection, body).await.map(text),
        (Transport::WebSocket, &Method::GET) => upgrade(connection, &mut parts),
        _ => Err(RequestError::BadRequest),
    }
}

async fn serve_remote(
    engine: &Engine,
    remote: RemoteConnection,
    transport: Transport,
    t: &str,
    mut parts: Parts,
    body: Body,
) -> Result<Response, RequestError> {
    let settings = &engine.settings;
    match (transport, &parts.method) {
        (Transport::Polling, &Method::GET) => remote.poll(Poller::Client(t)).await.map(text),
        (Transport::Polling, &Method::POST) => {
            let body = post::read_body(body, settings.max_payload, settings.ping_timeout).await?;
            remote.post(body).await.map(text)
        }
        (Transport::WebSocket, &Method::GET) => {
            let handshake = Handshake::check(&mut parts)?;
            let permit = engine.registry.permit(settings.max_connections)?;
            Ok(handshake.accept(settings.clone(), move |websocket| Bridge::new(websocket, remote).run(permit)))
        }
        _ => Err(RequestError::BadRequest),
    }
}

fn open(engine: Arc<Engine>, transport: Transport, query: &Query<'_>, parts: Parts) -> Result<Response, RequestError> {
    let start = Instant::now();
    if parts.method != Method::GET {
        return Err(RequestError::HandshakeMethod);
    }
    if query.version != Some(VERSION) {
        return Err(RequestError::UnsupportedProtocol);
    }
    match transport {
        Transport::Polling => open_polling(&engine, start, ClientLibrary::of(query.t), &parts),
        Transport::WebSocket => open_websocket(engine, start, ClientLibrary::of(query.t), parts),
    }
}

fn open_polling(
    engine: &Engine,
    start: Instant,
    library: ClientLibrary,
    parts: &Parts,
) -> Result<Response, RequestError> {
    let permit = engine.registry.permit(engine.settings.max_connections)?;
    let address = parts.extensions.get().map(|&RemoteIp(address)| address);
    let connection = Connection::new(engine.settings.clone(), address, library, Phase::Polling(Box::default()));
    let open = open_packet(&connection, &["websocket"]);
    (engine.spawn)(Driver::new(connection, permit, start, None));
    Ok(text(open))
}

fn open_websocket(
    engine: Arc<Engine>,
    start: Instant,
    library: ClientLibrary,
    mut parts: Parts,
) -> Result<Response, RequestError> {
    let handshake = Handshake::check(&mut parts)?;
    let permit = engine.registry.permit(engine.settings.max_connections)?;
    let address = parts.extensions.get().map(|&RemoteIp(address)| address);
    Ok(handshake.accept(engine.settings.clone(), move |websocket| async move {
        let connection =
            Connection::new(engine.settings.clone(), address, library, Phase::WebSocket { writable: false });
        connection.send_control(Frame::encoded(open_packet(&connection, &[])));
        // A task of its own, because that of the handshake is larger than the connection needs.
        (engine.spawn)(Driver::new(connection, permit, start, Some(websocket)));
    }))
}

/// Like the reference server, opens and closes a WebSocket that does not fit the state of the connection.
fn upgrade(connection: Arc<Connection>, parts: &mut Parts) -> Result<Response, RequestError> {
    let handshake = Handshake::check(parts)?;
    let settings = connection.settings.clone();
    match Upgrade::begin(connection) {
        Ok(upgrade) => Ok(handshake.accept(settings, move |websocket| upgrade.run(websocket))),
        Err(RequestError::BadRequest) => Ok(handshake.accept(settings, |websocket| async {
            websocket.close(Vec::new(), Reason::ProtocolError);
        })),
        Err(error) => Err(error),
    }
}

fn text(body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=UTF-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.into()).into_response()
}

fn open_packet(connection: &Connection, upgrades: &[&str]) -> String {
    let (settings, id) = (&connection.settings, connection.id.as_str());
    let open = json!({
        "sid": settings.node.as_ref().map_or(id.to_owned(), |node| [id, ".", node].concat()),
        "upgrades": upgrades,
        "pingInterval": millis(settings.ping_interval),
        "pingTimeout": millis(settings.ping_timeout),
        "maxPayload": settings.max_payload,
    });
    format!("0{open}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
