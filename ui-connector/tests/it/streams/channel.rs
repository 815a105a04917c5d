//! The other end of a `WebChannel`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use connector::base_url::BaseUrl;
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::{endless, until};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Kind,
    /// Opens nothing.
    Refusing,
    /// Opens, and sends malformed messages.
    Garbage,
    /// Opens, and ends each back channel at once.
    Breaking,
    /// Opens, and sends a chunk without end.
    Endless,
    /// Does not answer.
    Silent,
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    query: HashMap<String, String>,
    pub(super) body: String,
    pub(super) authorization: String,
    pub(super) content_type: String,
    pub(super) webchannel_content_type: String,
}

impl Asked {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

#[derive(Clone)]
struct Service {
    mood: Mood,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What is said on the back channels; nothing ends them.
    said: broadcast::Sender<Option<Bytes>>,
}

pub(super) struct Channel {
    url: String,
    service: Service,
    task: JoinHandle<()>,
}

impl Channel {
    pub(super) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = Service { mood, asked: Arc::default(), said: broadcast::channel(64).0 };
        let router = axum::Router::new().fallback(answer).with_state(service.clone());
        let task = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, service, task }
    }

    pub(super) fn base(&self) -> BaseUrl {
        self.url.parse().unwrap()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.service.asked.lock().clone()
    }

    /// Says something on the back channels, in pieces that end anywhere.
    pub(super) fn say(&self, arrays: &Value) {
        let text = arrays.to_string();
        let chunk = format!("{}\n{text}", text.encode_utf16().count());
        for piece in chunk.as_bytes().chunks(5) {
            self.service.said.send(Some(Bytes::copy_from_slice(piece))).unwrap();
        }
    }

    pub(super) fn end_back_channel(&self) {
        self.service.said.send(None).unwrap();
    }

    /// The payloads that have come up.
    pub(super) fn sent(&self) -> Vec<Value> {
        let asked = self.asked();
        let forms = asked.iter().map(|asked| form_urlencoded::parse(asked.body.as_bytes()));
        let data = forms.flat_map(|form| form.filter(|(name, _)| name.ends_with("___data__")).collect::<Vec<_>>());
        data.map(|(_, data)| serde_json::from_str(&data).unwrap()).collect()
    }

    /// Waits until so many payloads have come up, and a client listens.
    pub(super) async fn until_sent(&self, count: usize) {
        until("payloads", async || self.sent().len() == count && self.service.said.receiver_count() > 0).await;
    }

    pub(super) async fn until_terminated(&self, count: usize) {
        let terminated = || self.asked().iter().filter(|asked| asked.query("TYPE") == Some("terminate")).count();
        until("the goodbye", async || terminated() == count).await;
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(service): State<Service>, request: Request) -> Response {
    let asked = read(request).await;
    let opens = asked.query("MODE") == Some("init");
    let listens = asked.query("RID") == Some("rpc");
    service.asked.lock().push(asked);
    match service.mood {
        Mood::Silent => std::future::pending().await,
        Mood::Refusing => (StatusCode::FORBIDDEN, "secret").into_response(),
        _ if opens => opening(),
        _ if listens => back_channel(&service),
        _ => "13\n[1,0,7]".into_response(),
    }
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.into_owned().collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        authorization: header(&parts.headers, "authorization"),
        content_type: header(&parts.headers, "content-type"),
        webchannel_content_type: header(&parts.headers, "x-webchannel-content-type"),
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

fn opening() -> Response {
    let text = json!([[0, ["c", "SID-1", "", 8, 12, 30000]]]).to_string();
    ([("x-http-session-id", "gs-1")], format!("{}\n{text}", text.len())).into_response()
}

fn back_channel(service: &Service) -> Response {
    match service.mood {
        Mood::Garbage => "5\nhello".into_response(),
        Mood::Breaking => "".into_response(),
        Mood::Endless => {
            let length = futures_util::stream::once(async { Ok::<_, axum::Error>(Bytes::from_static(b"99999999\n")) });
            Body::from_stream(length.chain(endless().into_data_stream())).into_response()
        }
        _ => {
            let said = futures_util::stream::unfold(service.said.subscribe(), async |mut said| {
                Some((said.recv().await.ok()??, said))
            });
            Body::from_stream(said.map(Ok::<_, std::io::Error>)).into_response()
        }
    }
}
