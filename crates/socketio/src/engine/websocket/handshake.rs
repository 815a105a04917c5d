//! The opening handshake: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2>.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::response::Response;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tungstenite::handshake::derive_accept_key;

use super::WebSocket;
use crate::engine::error::RequestError;
use crate::settings::SocketSettings;

/// A valid request to open a WebSocket. Holds nothing of the request's memory, which is hyper's read
/// buffer.
pub(crate) struct Handshake {
    upgrade: OnUpgrade,
    accept_key: HeaderValue,
}

impl Handshake {
    /// Checks a request.
    ///
    /// # Errors
    /// [`RequestError::BadRequest`] or [`RequestError::WebSocketVersion`].
    pub(crate) fn check(parts: &mut Parts) -> Result<Self, RequestError> {
        let headers = &parts.headers;
        let is_handshake = parts.method == Method::GET
            && has_token(headers, &header::CONNECTION, "upgrade")
            && has_token(headers, &header::UPGRADE, "websocket");
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_handshake).ok_or(RequestError::BadRequest)?;
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(RequestError::WebSocketVersion);
        }
        let accept_key =
            HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(|_| RequestError::BadRequest)?;
        let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(RequestError::BadRequest)?;
        Ok(Self { upgrade, accept_key })
    }

    /// Returns the response that accepts the request, and runs `then` once the WebSocket is open. If it
    /// does not open in time, `then` is dropped.
    pub(crate) fn accept<F>(
        self,
        settings: Arc<SocketSettings>,
        then: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Response<Body>
    where
        F: Future<Output = ()> + Send,
    {
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            if let Ok(Ok(upgraded)) = timeout(settings.upgrade_timeout, upgrade).await {
                then(WebSocket::new(TokioIo::new(upgraded), settings.max_payload_before_connect)).await;
            }
        });
        switching_protocols(self.accept_key)
    }
}

fn switching_protocols(accept_key: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
    response
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}
