//! Streams of companion suggestions: `stream-request`, `stream-data`, `stream-error` and `end-stream`.
//!
//! A stream belongs to the socket that has opened it. Its id is the client's, and means nothing to other sockets.

mod companion;
mod stream;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use socketio::{Frame, Socket};
use tokio::sync::mpsc;

use crate::state::App;

/// Streams that one socket may have open.
const MAX_STREAMS: usize = 4;
/// Payloads of one stream that may wait to be sent to Dialogflow.
const MAX_WAITING: usize = 32;
/// Longer ids are ignored.
const MAX_ID_BYTES: usize = 256;
/// `INTERNAL` (<https://grpc.io/docs/guides/status-codes/>), as the original says for everything.
const INTERNAL: u8 = 13;

/// The streams of one socket. They end when it is dropped.
#[derive(Default)]
pub(super) struct Streams(HashMap<String, mpsc::Sender<Value>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRequest {
    stream_id: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    payload: Option<Value>,
}

impl Streams {
    /// Opens a stream, or sends something more on an open one. What names no stream is ignored.
    pub(super) fn request(&mut self, app: &Arc<App>, socket: &Socket, args: &str) {
        let Some(request) = first::<StreamRequest>(args).filter(|request| is_id(&request.stream_id)) else { return };
        self.0.retain(|_, stream| !stream.is_closed());
        let refused = match self.0.get(&request.stream_id) {
            Some(stream) => request.payload.map_or(Ok(()), |payload| push(stream, payload)),
            None => self.open(app, socket, &request),
        };
        if let Err(message) = refused {
            self.0.remove(&request.stream_id);
            // A socket that has gone meanwhile needs no answer.
            let _ = socket.emit(error(&request.stream_id, message));
        }
    }

    fn open(&mut self, app: &Arc<App>, socket: &Socket, request: &StreamRequest) -> Result<(), &'static str> {
        let url = companion::url(&app.settings, request.method.as_deref(), request.payload.as_ref())?;
        if self.0.len() >= MAX_STREAMS {
            return Err("Too many streams.");
        }
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        request.payload.clone().map_or(Ok(()), |payload| push(&sender, payload))?;
        let id = request.stream_id.clone();
        self.0.insert(id.clone(), sender);
        tokio::spawn(stream::run(app.clone(), url, id, socket.clone(), receiver));
        Ok(())
    }

    /// Ends a stream, if there is such a one.
    pub(super) fn end(&mut self, args: &str) {
        if let Some(request) = first::<StreamRequest>(args) {
            self.0.remove(&request.stream_id);
        }
    }
}

fn push(stream: &mpsc::Sender<Value>, payload: Value) -> Result<(), &'static str> {
    stream.try_send(payload).map_err(|_| "Too much is being sent on the stream.")
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len())
}

fn first<T: serde::de::DeserializeOwned>(args: &str) -> Option<T> {
    let args: Vec<Value> = serde_json::from_str(args).ok()?;
    serde_json::from_value(args.into_iter().next()?).ok()
}

fn data(stream: &str, payload: &Value) -> Frame {
    Frame::event("/", "stream-data", &[&json!({"streamId": stream, "payload": payload}).to_string()])
}

fn error(stream: &str, message: &str) -> Frame {
    let error = json!({"streamId": stream, "payload": {"error": {"message": message, "code": INTERNAL}}});
    Frame::event("/", "stream-error", &[&error.to_string()])
}
