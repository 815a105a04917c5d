//! One connection of the pusher.

use std::{net::SocketAddr, sync::Arc};

use super::PushOutcome;
use crate::{
    event::{Conversations, Marker, PushWriter},
    wire::http::{HttpConnection, HttpError},
};

const NO_CONTENT: u16 = 204;

/// Pushes one event after the other, and connects anew when the connection breaks.
pub(super) struct PushConnection {
    server: SocketAddr,
    http: Option<HttpConnection>,
    conversations: Arc<Conversations>,
    writer: PushWriter,
    /// What became of its pushes so far.
    pub(super) outcome: PushOutcome,
}

impl PushConnection {
    pub(super) fn new(server: SocketAddr, conversations: Arc<Conversations>) -> Self {
        Self { server, http: None, conversations, writer: PushWriter::default(), outcome: PushOutcome::default() }
    }

    /// Pushes the next event of a conversation; it was due at `due` (µs).
    pub(super) async fn push(&mut self, conversation: usize, due: u64) {
        match self.try_push(conversation, due).await {
            Ok(NO_CONTENT) => self.outcome.accepted += 1,
            Ok(_) => self.outcome.refused += 1,
            Err(_) => {
                self.http = None;
                self.outcome.failed += 1;
            }
        }
    }

    async fn try_push(&mut self, conversation: usize, due: u64) -> Result<u16, HttpError> {
        let http = match &mut self.http {
            Some(http) => http,
            none => none.insert(HttpConnection::connect(self.server).await?),
        };
        let marker = Marker { number: self.conversations.take_number(conversation), sent: due };
        let request = self.writer.request(self.conversations.name(conversation), marker)?;
        let (status, _) = http.exchange(request).await?;
        Ok(status)
    }
}
