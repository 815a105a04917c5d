//! Event → log, or message → quarantine.

use std::future::Future;
use std::sync::Arc;

use axum::http::HeaderMap;
use broker::{EventLog, NewEvent, QuarantinedMessage, Recorded};
use event::EventKind;

use crate::config::{MalformedMessages, Settings};
use crate::decode::decode;
use crate::error::{Error, Malformed};
use crate::push::PubsubMessage;

/// What all requests share.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn EventLog>,
}

/// Brings one push request to its end. `Ok` means acknowledged.
pub(crate) async fn accept(app: &App, kind: EventKind, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    match PubsubMessage::read(headers, body) {
        Ok(message) => match decode(kind, &message) {
            Ok(event) => record(app, event).await,
            Err(reason) => refuse(app, kind, &message.message_id, reason, body).await,
        },
        Err(reason) => refuse(app, kind, "", reason, body).await,
    }
}

async fn record(app: &App, event: NewEvent) -> Result<(), Error> {
    match in_time(&app.settings, app.log.record(&event)).await? {
        Recorded::Accepted { position, receivers } => {
            tracing::debug!(conversation = %event.conversation, kind = %event.payload.kind, %position, receivers, "recorded");
        }
        Recorded::Duplicate => tracing::debug!(conversation = %event.conversation, "duplicate dropped"),
    }
    Ok(())
}

async fn refuse(app: &App, kind: EventKind, message_id: &str, reason: Malformed, body: &[u8]) -> Result<(), Error> {
    if app.settings.malformed == MalformedMessages::Reject {
        return Err(Error::Rejected(reason));
    }
    tracing::error!(%kind, message_id, bytes = body.len(), "a message can never be delivered and is quarantined: {reason}");
    let reason = reason.to_string();
    let message = QuarantinedMessage { kind, message_id, reason: &reason, body };
    in_time(&app.settings, app.log.quarantine(&message)).await
}

async fn in_time<T>(settings: &Settings, work: impl Future<Output = Result<T, broker::Error>>) -> Result<T, Error> {
    let done = tokio::time::timeout(settings.record_timeout, work).await;
    Ok(done.map_err(|_| Error::SlowBroker)??)
}
