//! What all messages share, and the way of each, pushed or pulled, to its end.

use std::sync::Arc;
use std::time::Duration;

use broker::EventLog;
use event::EventKind;
use reqwest::Client;
use server::body::BodyBudget;

use crate::config::Settings;
use crate::decode::decode;
use crate::error::{Error, Malformed};
use crate::metrics::PushResult;
use crate::push::PubsubMessage;
use crate::push_auth::PushAuth;
use crate::record::{quarantine, record};
use crate::variables::MalformedMessages;

const MIB: usize = 1024 * 1024;
/// Pub/Sub's own limit is 10 MB before base64 (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MAX_BODY: usize = 16 * MIB;
/// Bodies that may be in use at the same time; with more the answer is 503, and Pub/Sub delivers again.
const MAX_BODIES: usize = 256 * MIB;
/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What all messages share.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) push_auth: Option<PushAuth>,
    pub(crate) bodies: BodyBudget,
}

impl App {
    /// The client fetches Google's keys.
    pub(crate) fn new(settings: Settings, log: Arc<dyn EventLog>, http: Option<Client>) -> Arc<Self> {
        let push_auth = settings.push_auth.clone().zip(http).map(|(settings, http)| PushAuth::new(settings, http));
        Arc::new(Self { settings, log, push_auth, bodies: BodyBudget::new(MAX_BODY, MAX_BODIES, BODY_TIMEOUT) })
    }

    /// Records the event of a message, or what makes it malformed; `body` is what it came in. `Ok` means acknowledged.
    pub(crate) async fn accept(
        &self,
        kind: EventKind,
        message: Result<PubsubMessage<'_>, Malformed>,
        body: &[u8],
    ) -> Result<PushResult, Error> {
        let id = message.as_ref().map_or_else(|_| "".into(), |message| message.message_id.clone());
        match message.and_then(|message| decode(kind, &message)) {
            Ok(event) => record(&*self.log, event).await,
            Err(reason) if self.settings.malformed == MalformedMessages::Reject => Err(Error::Rejected(reason)),
            Err(reason) => quarantine(&*self.log, kind, &id, reason, body).await,
        }
    }
}
