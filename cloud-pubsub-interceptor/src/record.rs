//! Event → log, or message → quarantine.

use std::sync::Arc;

use broker::{EventLog, NewEvent, QuarantinedMessage, Recorded};
use event::EventKind;
use tokio::sync::Semaphore;

use crate::config::{MalformedMessages, Settings};
use crate::decode::decode;
use crate::error::{Error, Malformed};
use crate::metrics::PushResult;
use crate::push::PubsubMessage;
use crate::push_auth::PushAuth;

/// What all requests share.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) push_auth: Option<PushAuth>,
    /// Room for bodies, in KiB.
    pub(crate) room: Semaphore,
}

/// Brings one message to its end, which came in `body`. `Ok` means acknowledged.
pub(crate) async fn accept(
    app: &App,
    kind: EventKind,
    message: Result<PubsubMessage<'_>, Malformed>,
    body: &[u8],
) -> Result<PushResult, Error> {
    match message {
        Ok(message) => match decode(kind, &message) {
            Ok(event) => record(app, event).await,
            Err(reason) => refuse(app, kind, &message.message_id, reason, body).await,
        },
        Err(reason) => refuse(app, kind, "", reason, body).await,
    }
}

async fn record(app: &App, event: NewEvent) -> Result<PushResult, Error> {
    Ok(match app.log.record(&event).await? {
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

async fn refuse(
    app: &App,
    kind: EventKind,
    message_id: &str,
    reason: Malformed,
    body: &[u8],
) -> Result<PushResult, Error> {
    if app.settings.malformed == MalformedMessages::Reject {
        return Err(Error::Rejected(reason));
    }
    tracing::error!(%kind, message_id, bytes = body.len(), "a message can never be delivered and is quarantined: {reason}");
    let reason = reason.to_string();
    let message = QuarantinedMessage { kind, message_id, reason: &reason, body };
    app.log.quarantine(&message).await?;
    Ok(PushResult::Quarantined)
}
