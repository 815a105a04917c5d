//! One session: POSTs up, a back channel down.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::chunks::{Chunks, InvalidChunk};
use super::messages::{ChannelMessage, parse};
use crate::google::credentials::{AccessTokens, TokenError};

/// How long the opening of a session may take.
const OPEN_TIME: Duration = Duration::from_secs(30);
/// How long a POST, or the beginning of a back channel, may take.
const POST_TIME: Duration = Duration::from_secs(20);
/// How long a back channel may be silent: something keeps it alive every half a minute.
const IDLE_TIME: Duration = Duration::from_mins(1);
/// How long the goodbye may take.
const CLOSE_TIME: Duration = Duration::from_secs(5);
/// The answer to the opening is short.
const MAX_OPENING: usize = 64 * 1024;
const VERSION: (&str, &str) = ("VER", "8");

/// Why a session has ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    #[error("the stream cannot be authorised")]
    Token(#[from] TokenError),
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    #[error("the answer has status {0}")]
    Status(u16),
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is not understood")]
    Garbage,
    #[error("the answer is not understood")]
    Chunk(#[from] InvalidChunk),
}

pub(crate) struct WebChannel {
    client: Client,
    google: Arc<dyn AccessTokens>,
    url: String,
    sid: String,
    gsessionid: String,
    /// Number of the next POST.
    rid: u64,
    /// Messages sent so far.
    sent: u64,
    /// Id of the last message that came, which lets the other end discard it.
    received: u64,
}

impl WebChannel {
    /// Opens a session at a URL.
    pub(crate) async fn open(client: Client, google: Arc<dyn AccessTokens>, url: String) -> Result<Self, ChannelError> {
        let rid = rand::random_range(10_000..100_000);
        let mut session =
            Self { client, google, url, sid: String::new(), gsessionid: String::new(), rid, sent: 0, received: 0 };
        timeout(OPEN_TIME, session.handshake()).await.map_err(|_| ChannelError::Timeout)??;
        Ok(session)
    }

    async fn handshake(&mut self) -> Result<(), ChannelError> {
        let rid = self.next_rid();
        let query = [VERSION, ("MODE", "init"), ("RID", &rid), ("X-HTTP-Session-Id", "gsessionid")];
        let post = self.client.post(&self.url).query(&query).form(&[("count", "0")]);
        let response = self.ask(post.header("X-WebChannel-Content-Type", "application/json")).await?;
        let gsessionid = session_header(response.headers());
        let mut chunks = Chunks::default();
        chunks.feed(&opening(response).await?);
        let chunk = chunks.next()?.ok_or(ChannelError::Garbage)?;
        let (messages, last) = parse(&chunk).ok_or(ChannelError::Garbage)?;
        let sid = messages.into_iter().find_map(|message| match message {
            ChannelMessage::LogHead(sid) => Some(sid),
            _ => None,
        });
        self.sid = sid.ok_or(ChannelError::Garbage)?;
        self.gsessionid = gsessionid.unwrap_or_else(|| self.sid.clone());
        self.received = last;
        Ok(())
    }

    /// Sends messages up.
    pub(crate) async fn send(&mut self, messages: &[Value]) -> Result<(), ChannelError> {
        let (rid, aid) = (self.next_rid(), self.received.to_string());
        let query = [VERSION, ("RID", &rid), ("SID", &self.sid), ("gsessionid", &self.gsessionid), ("AID", &aid)];
        let mut form =
            vec![("count".to_owned(), messages.len().to_string()), ("ofs".to_owned(), self.sent.to_string())];
        form.extend(
            (0..).zip(messages).map(|(number, message)| (format!("req{number}___data__"), message.to_string())),
        );
        let post = self.client.post(&self.url).query(&query).form(&form);
        timeout(POST_TIME, self.ask(post)).await.map_err(|_| ChannelError::Timeout)??;
        self.sent += messages.len() as u64;
        Ok(())
    }

    /// Opens the back channel, which goes on where the one before has ended.
    pub(crate) async fn listen(&self) -> Result<BackChannel, ChannelError> {
        let aid = self.received.to_string();
        let place = [("SID", self.sid.as_str()), ("gsessionid", &self.gsessionid), ("AID", &aid)];
        let query = [VERSION, ("RID", "rpc"), place[0], place[1], place[2], ("CI", "0"), ("TYPE", "xmlhttp")];
        let get = self.client.get(&self.url).query(&query);
        let response = timeout(POST_TIME, self.ask(get)).await.map_err(|_| ChannelError::Timeout)??;
        Ok(BackChannel { response, chunks: Chunks::default(), waiting: VecDeque::new() })
    }

    /// Notes how far the back channel has come.
    pub(crate) fn acknowledge(&mut self, last: u64) {
        self.received = self.received.max(last);
    }

    /// Ends the channel at the other end, if it can be reached.
    pub(crate) async fn close(mut self) {
        let rid = self.next_rid();
        let query =
            [VERSION, ("RID", &rid), ("SID", &self.sid), ("gsessionid", &self.gsessionid), ("TYPE", "terminate")];
        let post = self.client.post(&self.url).query(&query);
        // It notices by itself after a while.
        let _ = timeout(CLOSE_TIME, self.ask(post)).await;
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, ChannelError> {
        let request = request.header(AUTHORIZATION, self.google.authorization().await?);
        let response = request.send().await.map_err(connection)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(ChannelError::Status(response.status().as_u16()))
        }
    }

    fn next_rid(&mut self) -> String {
        self.rid += 1;
        self.rid.to_string()
    }
}

/// What comes down.
pub(crate) struct BackChannel {
    response: Response,
    chunks: Chunks,
    waiting: VecDeque<(Vec<ChannelMessage>, u64)>,
}

impl BackChannel {
    /// The next messages and the greatest of their ids; nothing at the end. It can be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<Option<(Vec<ChannelMessage>, u64)>, ChannelError> {
        loop {
            if let Some(messages) = self.waiting.pop_front() {
                return Ok(Some(messages));
            }
            let bytes = timeout(IDLE_TIME, self.response.chunk()).await.map_err(|_| ChannelError::Timeout)?;
            let Some(bytes) = bytes.map_err(connection)? else { return Ok(None) };
            self.chunks.feed(&bytes);
            while let Some(chunk) = self.chunks.next()? {
                self.waiting.push_back(parse(&chunk).ok_or(ChannelError::Garbage)?);
            }
        }
    }
}

/// The id of the session for the load balancer, if the answer has one.
fn session_header(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    text("x-http-session-id").or_else(|| text("x-webchannel-session"))
}

async fn opening(mut response: Response) -> Result<Vec<u8>, ChannelError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(connection)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_OPENING {
            return Err(ChannelError::Garbage);
        }
    }
    Ok(bytes)
}

/// Addresses hold the ids of sessions.
fn connection(error: reqwest::Error) -> ChannelError {
    ChannelError::Connection(error.without_url())
}
