//! Event → log, or message → quarantine.

use broker::{EventLog, NewEvent, QuarantinedMessage, Recorded};
use event::EventKind;

use crate::error::{Error, Malformed};
use crate::metrics::PushResult;

/// Appends an event to the log of its conversation.
pub(crate) async fn record(log: &dyn EventLog, event: NewEvent) -> Result<PushResult, Error> {
    Ok(match log.record(&event).await? {
        Recorded::Accepted { position, receivers } => {
            tracing::debug!(conversation = %event.conversation, kind = %event.payload.kind, %position, receivers, "recorded");
            PushResult::Recorded
        }
        Recorded::Duplicate => {
            tracing::debug!(conversation = %event.conversation, "duplicate dropped");
            PushResult::Duplicate
        }
    })
}

/// Keeps a message that can never be delivered.
pub(crate) async fn quarantine(
    log: &dyn EventLog,
    kind: EventKind,
    message_id: &str,
    reason: Malformed,
    body: &[u8],
) -> Result<PushResult, Error> {
    tracing::error!(%kind, message_id, bytes = body.len(), "message can never be delivered; quarantined: {reason}");
    let reason = reason.to_string();
    log.quarantine(&QuarantinedMessage { kind, message_id, reason: &reason, body }).await?;
    Ok(PushResult::Quarantined)
}
