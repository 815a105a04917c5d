//! The opening handshake: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2>.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts, response::Response},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Channel;
use crate::{engine::refusal::Refusal, settings::Settings};

/// A request for a WebSocket, checked. Holds nothing of the request's memory, which is hyper's read buffer.
pub(crate) struct Accept {
    upgrade: OnUpgrade,
    key: HeaderValue,
}

impl Accept {
    /// # Errors
    /// [`Refusal::BadRequest`] if this is not a WebSocket handshake.
    pub(crate) fn check(parts: &mut Parts) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let asked = parts.method == Method::GET
            && has_token(headers, &header::CONNECTION, "upgrade")
            && has_token(headers, &header::UPGRADE, "websocket")
            && headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asked).ok_or(Refusal::BadRequest)?;
        let key = HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(|_| Refusal::BadRequest)?;
        let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(Refusal::BadRequest)?;
        Ok(Self { upgrade, key })
    }

    /// Answers the request, and runs `then` once the WebSocket is open. If it never is, `then` is dropped.
    pub(crate) fn open<F>(
        self,
        limits: Arc<Settings>,
        then: impl FnOnce(Channel) -> F + Send + 'static,
    ) -> Response<Body>
    where
        F: Future<Output = ()> + Send,
    {
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            if let Ok(Ok(upgraded)) = timeout(limits.upgrade_timeout, upgrade).await {
                then(Channel::new(TokioIo::new(upgraded), limits.max_payload_before_connect)).await;
            }
        });
        switching(self.key)
    }
}

fn switching(key: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    response
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}
