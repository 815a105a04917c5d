//! A service on the internet, on a port of this machine: it notes what reaches it, and answers as the test says.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a text"))
    }

    /// The body, which is JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

type Respond = Arc<dyn Fn(&Seen) -> Response + Send + Sync>;

#[derive(Clone)]
struct UpstreamState {
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Respond,
}

pub struct Upstream {
    pub address: SocketAddr,
    service: UpstreamState,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts a service that answers each request with what `answer` says.
    pub async fn start<R: IntoResponse>(answer: impl Fn(&Seen) -> R + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let answer: Respond = Arc::new(move |seen| answer(seen).into_response());
        let service = UpstreamState { seen: Arc::default(), answer };
        let router = axum::Router::new().fallback(take).with_state(service.clone());
        let task = tokio::spawn(async { axum::serve(listener, router).await.expect("a server") });
        Self { address, service, task }
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has reached it so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.service.seen.lock().clone()
    }

    /// The one request that has reached it.
    #[track_caller]
    pub fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(service): State<UpstreamState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let target = parts.uri.path_and_query().expect("a path").to_string();
    let seen = Seen { method: parts.method.to_string(), target, headers: parts.headers, body };
    service.seen.lock().push(seen.clone());
    (service.answer)(&seen)
}

/// An answer that never ends.
pub fn endless() -> Body {
    let zeros = Bytes::from(vec![b' '; 64 * 1024]);
    Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(zeros.clone())))
}
