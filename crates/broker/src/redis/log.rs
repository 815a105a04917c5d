use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event::{ConversationName, Position};
use redis::{ScriptInvocation, Value};
use tokio::time::{Instant, timeout_at};

use super::nodes::CommandConnection;
use super::units::seconds;
use super::{RedisBroker, names};
use crate::slots::Slot;
use crate::{Error, NewEvent, Publisher, QuarantinedMessage, Recorded};

/// How many malformed messages are kept, and for how long: as long as Pub/Sub keeps a message at most
/// (<https://cloud.google.com/pubsub/docs/subscription-properties#message_retention>).
const QUARANTINE_ENTRIES: usize = 1_000;
const QUARANTINE_TIME: Duration = Duration::from_hours(7 * 24);

#[async_trait]
impl Publisher for RedisBroker {
    async fn record(&self, event: &NewEvent) -> Result<Recorded, Error> {
        let limit = self.0.nodes.settings.response_timeout;
        let deadline = Instant::now() + limit;
        let permit = timeout_at(deadline, self.0.in_flight.acquire()).await;
        let _permit = permit.map_err(|_| Error::Timeout(limit))?.map_err(|_| Error::Stopped)?;
        if self.0.nodes.settings.min_replicas == 0 {
            self.record_at_once(event, deadline).await
        } else {
            self.record_on_replicas(event, deadline).await
        }
    }

    async fn quarantine(&self, message: &QuarantinedMessage<'_>) -> Result<(), Error> {
        let message = message.truncated();
        let mut invocation = self.0.scripts.quarantine.key(names::QUARANTINE);
        invocation.arg(QUARANTINE_ENTRIES).arg(seconds(QUARANTINE_TIME));
        invocation.arg(message.kind.as_str()).arg(message.message_id).arg(message.reason).arg(message.body);
        self.invoke(Slot::of_key(names::QUARANTINE), &invocation).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.0.nodes.ping().await
    }
}

impl RedisBroker {
    async fn record_at_once(&self, event: &NewEvent, deadline: Instant) -> Result<Recorded, Error> {
        let name = &event.conversation;
        let mut invocation = self.0.scripts.record.key(names::log(name));
        invocation.key(self.seen(event)).key(names::undelivered(name)).key(names::live(name)).key(name.as_str());
        invocation.key(names::announced(name));
        self.write(&mut invocation, event);
        let invocation = &invocation;
        let record = |mut connection: CommandConnection| async move { invocation.invoke_async(&mut connection).await };
        recorded(&self.0.nodes.run_until(Slot::of(name), deadline, record).await?)
    }

    /// Events are published only when replicas have them: otherwise a desktop might receive an event that is lost with
    /// its primary, and once more when Pub/Sub delivers it again. The record of what was published must be on replicas,
    /// too, before the message is acknowledged.
    async fn record_on_replicas(&self, event: &NewEvent, deadline: Instant) -> Result<Recorded, Error> {
        let name = &event.conversation;
        let mut hold = self.0.scripts.hold.key(names::log(name));
        hold.key(self.seen(event)).key(names::announced(name));
        self.write(&mut hold, event);
        let (hold, barrier) = (&hold, &names::barrier(name));
        let steps = |mut connection: CommandConnection| async move {
            let (is_new, position): (bool, Bytes) = hold.invoke_async(&mut connection).await?;
            if !connection.is_replicated(barrier).await? {
                return Ok(None);
            }
            let receivers = self.announcement(name, &position).invoke_async::<u64>(&mut connection).await?;
            Ok(connection.is_replicated(barrier).await?.then_some((is_new, position, receivers)))
        };
        match self.0.nodes.run_until(Slot::of(name), deadline, steps).await? {
            Some((true, at, receivers)) => Ok(Recorded::Accepted { position: parse_position(&at)?, receivers }),
            Some((false, ..)) => Ok(Recorded::Duplicate),
            None => Err(Error::TooFewReplicas(self.0.nodes.settings.min_replicas)),
        }
    }

    fn announcement(&self, name: &ConversationName, position: &[u8]) -> ScriptInvocation<'_> {
        let mut invocation = self.0.scripts.announce.key(names::log(name));
        invocation.key(names::undelivered(name)).key(names::live(name)).key(name.as_str()).key(names::announced(name));
        invocation.arg(position).arg(seconds(self.0.retention.time));
        invocation
    }

    fn seen(&self, event: &NewEvent) -> String {
        let window = event.fingerprint.window(seconds(self.0.retention.time));
        names::seen(&event.conversation, window)
    }

    /// What both scripts that write an event need to know.
    fn write(&self, invocation: &mut ScriptInvocation<'_>, event: &NewEvent) {
        invocation.arg(event.fingerprint.as_i64()).arg(event.payload.kind.as_str()).arg(&event.payload.json[..]);
        invocation.arg(self.0.retention.events).arg(seconds(self.0.retention.time));
    }
}

fn recorded(answer: &Value) -> Result<Recorded, Error> {
    match answer {
        Value::Nil => Ok(Recorded::Duplicate),
        Value::Array(parts) => match parts.as_slice() {
            [Value::BulkString(position), Value::Int(receivers)] => {
                Ok(Recorded::Accepted { position: parse_position(position)?, receivers: receivers.unsigned_abs() })
            }
            _ => Err(Error::Unexpected("the script's answer")),
        },
        _ => Err(Error::Unexpected("the script's answer")),
    }
}

/// Reads a position as Redis writes it.
pub(super) fn parse_position(text: &[u8]) -> Result<Position, Error> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Error::Unexpected("a position"))
}
