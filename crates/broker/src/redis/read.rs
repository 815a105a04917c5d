//! Reading a conversation's log.

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConversationName, EventKind, Payload, Position};
use redis::Value;
use tracing::warn;

use super::log::parse_position;
use super::nodes::CommandConnection;
use super::units::seconds;
use super::{RedisBroker, names};
use crate::slots::Slot;
use crate::{Error, LogBounds, LogHead, LogReader, LoggedEvent};

/// The most entries that one command reads.
const PAGE: usize = 512;

#[async_trait]
impl LogReader for RedisBroker {
    async fn open(&self, conversation: &ConversationName) -> Result<LogHead, Error> {
        let receipt = self.0.receipts.of(conversation);
        let mut invocation = self.0.scripts.open.key(names::undelivered(conversation));
        invocation.key(names::log(conversation)).key(names::claimed(conversation)).key(names::announced(conversation));
        invocation.arg(receipt.text()).arg(seconds(self.0.retention.time));
        let (undelivered, tail, claimed): (Option<Bytes>, Option<Bytes>, Option<Bytes>) =
            self.invoke(Slot::of(conversation), &invocation).await?;
        receipt.answered();
        let position = |text: Option<Bytes>| text.as_deref().map(parse_position).transpose();
        let (undelivered, tail, claimed) =
            (position(undelivered)?, position(tail)?.unwrap_or_default(), position(claimed)?);
        Ok(LogHead { undelivered, tail, claimed })
    }

    async fn mark_undelivered(&self, conversation: &ConversationName, position: Position) -> Result<(), Error> {
        let mut invocation = self.0.scripts.mark_undelivered.key(names::undelivered(conversation));
        invocation.arg(position.to_string()).arg(seconds(self.0.retention.time));
        self.invoke(Slot::of(conversation), &invocation).await
    }

    async fn read_after(
        &self,
        conversation: &ConversationName,
        mut position: Position,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Error> {
        let mut events = Vec::new();
        while events.len() < limit {
            let wanted = (limit - events.len()).min(PAGE);
            let entries = self.page(conversation, position, wanted).await?;
            let read = entries.len();
            for entry in entries {
                let (at, payload) = entry_parts(entry)?;
                position = at;
                // A newer interceptor may know kinds that we do not.
                let Some(payload) = payload else {
                    warn!(position = %at, "ignored an event of unknown form in the log");
                    continue;
                };
                events.push(LoggedEvent { position: at, payload });
            }
            if read < wanted {
                break;
            }
        }
        Ok(events)
    }

    async fn bounds(&self, conversation: &ConversationName) -> Result<LogBounds, Error> {
        let log = names::log(conversation);
        // In this order, and no transaction, which a full Redis refuses: at worst the log has grown meanwhile.
        let mut steps = redis::pipe();
        steps.cmd("XRANGE").arg(&log).arg("-").arg("+").arg("COUNT").arg(1).cmd("XLEN").arg(&log);
        let steps = &steps;
        let read = |mut connection: CommandConnection| async move { steps.query_async(&mut connection).await };
        let (first, length): (Vec<Value>, usize) = self.0.nodes.run(Slot::of(conversation), read).await?;
        let first = first.into_iter().next().map(entry_parts).transpose()?;
        Ok(LogBounds { first: first.map(|(position, _)| position), full: length >= self.0.retention.events })
    }
}

impl RedisBroker {
    async fn page(
        &self,
        conversation: &ConversationName,
        position: Position,
        count: usize,
    ) -> Result<Vec<Value>, Error> {
        let start = position.just_after();
        if start == position {
            return Ok(Vec::new());
        }
        let mut invocation = self.0.scripts.read.key(names::log(conversation));
        invocation.key(names::announced(conversation)).arg(start.to_string()).arg(count);
        self.invoke(Slot::of(conversation), &invocation).await
    }
}

/// Takes apart an entry `[id, ["k", kind, "p", payload]]`; no payload if the fields are others.
fn entry_parts(entry: Value) -> Result<(Position, Option<Payload>), Error> {
    let unexpected = Error::Unexpected("an entry of the log");
    let Value::Array(parts) = entry else {
        return Err(unexpected);
    };
    let Ok([Value::BulkString(id), fields]) = <[Value; 2]>::try_from(parts) else {
        return Err(unexpected);
    };
    Ok((parse_position(&id)?, payload(fields)))
}

fn payload(fields: Value) -> Option<Payload> {
    let Value::Array(fields) = fields else {
        return None;
    };
    let [Value::BulkString(k), Value::BulkString(kind), Value::BulkString(p), Value::BulkString(json)] =
        <[Value; 4]>::try_from(fields).ok()?
    else {
        return None;
    };
    let kind: EventKind = std::str::from_utf8(&kind).ok()?.parse().ok()?;
    (k == b"k" && p == b"p").then(|| Payload { kind, json: json.into() })
}
