use std::time::Duration;

use async_trait::async_trait;
use event::Position;
use redis::Value;
use tokio::time::{Instant, timeout_at};

use super::servers::Connection;
use super::units::seconds;
use super::{RedisBroker, names};
use crate::slots::Slot;
use crate::{Error, EventLog, NewEvent, QuarantinedMessage, Recorded};

/// How many malformed messages are kept, and for how long: as long as Pub/Sub keeps a message at most
/// (<https://cloud.google.com/pubsub/docs/subscription-properties#message_retention>).
const QUARANTINE_ENTRIES: usize = 1_000;
const QUARANTINE_TIME: Duration = Duration::from_hours(7 * 24);

#[async_trait]
impl EventLog for RedisBroker {
    async fn record(&self, event: &NewEvent) -> Result<Recorded, Error> {
        let limit = self.0.servers.settings.response_timeout;
        let deadline = Instant::now() + limit;
        let place = timeout_at(deadline, self.0.in_flight.acquire()).await;
        let _place = place.map_err(|_| Error::Timeout(limit))?.map_err(|_| Error::Stopped)?;
        let invocation = self.invocation(event);
        let barrier = names::barrier(&event.conversation);
        let (invocation, barrier) = (&invocation, &barrier);
        let record = |mut connection: Connection| async move {
            let answer = invocation.invoke_async(&mut connection).await?;
            Ok((answer, connection.is_replicated(barrier).await?))
        };
        let (answer, is_kept) = self.0.servers.run_until(Slot::of(&event.conversation), deadline, record).await?;
        if is_kept { recorded(&answer) } else { Err(Error::TooFewReplicas(self.0.servers.settings.min_replicas)) }
    }

    async fn quarantine(&self, message: &QuarantinedMessage<'_>) -> Result<(), Error> {
        let message = message.truncated();
        let mut invocation = self.0.scripts.quarantine.key(names::QUARANTINE);
        invocation.arg(QUARANTINE_ENTRIES).arg(seconds(QUARANTINE_TIME));
        invocation.arg(message.kind.as_str()).arg(message.message_id).arg(message.reason).arg(message.body);
        self.invoke(Slot::of_key(names::QUARANTINE), &invocation).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.0.servers.ping().await
    }
}

impl RedisBroker {
    fn invocation(&self, event: &NewEvent) -> redis::ScriptInvocation<'_> {
        let conversation = &event.conversation;
        let mut invocation = self.0.scripts.record.key(names::log(conversation));
        let window = event.fingerprint.window(seconds(self.0.retention.time));
        invocation
            .key(names::seen(conversation, window))
            .key(names::unheard(conversation))
            .key(names::live(conversation));
        invocation.key(conversation.as_str());
        invocation.arg(event.fingerprint.as_i64()).arg(event.payload.kind.as_str()).arg(&event.payload.json[..]);
        invocation.arg(self.0.retention.events).arg(seconds(self.0.retention.time));
        invocation
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
