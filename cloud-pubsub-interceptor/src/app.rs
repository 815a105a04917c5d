//! The state of the service, and what happens to a message, pushed or pulled: message → event → log or quarantine.

use std::sync::Arc;
use std::time::Duration;

use broker::{NewEvent, Publisher, QuarantinedMessage, Recorded};
use event::EventKind;
use reqwest::Client;
use server::body::BodyBudget;

use crate::config::Settings;
use crate::decode::decode;
use crate::error::{Malformed, PushError};
use crate::metrics::PushResult;
use crate::push::PubsubMessage;
use crate::push_auth::PushAuth;
use crate::variables::MalformedMessages;

const MIB: usize = 1024 * 1024;
/// Pub/Sub's own limit is 10 MB before base64 (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MAX_BODY: usize = 16 * MIB;
/// Bodies that may be in use at the same time; with more the response is 503, and Pub/Sub delivers again.
const MAX_BODIES: usize = 256 * MIB;
/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn Publisher>,
    pub(crate) push_auth: Option<PushAuth>,
    pub(crate) bodies: BodyBudget,
}

impl App {
    /// `http` fetches Google's keys; push tokens are checked only with it.
    pub(crate) fn new(settings: Settings, log: Arc<dyn Publisher>, http: Option<Client>) -> Arc<Self> {
        let push_auth = settings.push_auth.clone().zip(http).map(|(settings, http)| PushAuth::new(settings, http));
        Arc::new(Self { settings, log, push_auth, bodies: BodyBudget::new(MAX_BODY, MAX_BODIES, BODY_TIMEOUT) })
    }

    /// Records the event of a message, or quarantines `body`, which contained it. `Ok` means that it is acknowledged.
    ///
    /// # Errors
    /// The message must be delivered again, or rejected.
    pub(crate) async fn accept(
        &self,
        kind: EventKind,
        message: Result<PubsubMessage<'_>, Malformed>,
        body: &[u8],
    ) -> Result<PushResult, PushError> {
        let id = message.as_ref().map_or_else(|_| "".into(), |message| message.message_id.clone());
        match message.and_then(|message| decode(kind, &message)) {
            Ok(event) => self.record(event).await,
            Err(reason) if self.settings.malformed == MalformedMessages::Reject => Err(PushError::Rejected(reason)),
            Err(reason) => self.quarantine(kind, &id, reason, body).await,
        }
    }

    async fn record(&self, event: NewEvent) -> Result<PushResult, PushError> {
        let (conversation, kind) = (&event.conversation, event.payload.kind);
        Ok(match self.log.record(&event).await? {
            Recorded::Accepted { position, receivers } => {
                tracing::debug!(%conversation, %kind, %position, receivers, "recorded an event");
                PushResult::Recorded
            }
            Recorded::Duplicate => {
                tracing::debug!(%conversation, %kind, "dropped a duplicate event");
                PushResult::Duplicate
            }
        })
    }

    async fn quarantine(
        &self,
        kind: EventKind,
        id: &str,
        reason: Malformed,
        body: &[u8],
    ) -> Result<PushResult, PushError> {
        let bytes = body.len();
        tracing::error!(%kind, message_id = id, bytes, "message can never be delivered; quarantined: {reason}");
        let reason = &reason.to_string();
        self.log.quarantine(&QuarantinedMessage { kind, message_id: id, reason, body }).await?;
        Ok(PushResult::Quarantined)
    }
}
