//! What the handlers of requests and sockets share.

use std::sync::Arc;

use broker::KeyValue;
use reqwest::Client;
use server::body::BodyBudget;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::auth::rate_limit::Refusals;
use crate::backends::Backends;
use crate::config::Settings;
use crate::dialogflow::upstream::{self, Upstream};
use crate::google::credentials::AccessTokens;
use crate::hub::Hub;
use crate::sessions::Sessions;

/// The state of the connector.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) hub: Arc<Hub>,
    pub(crate) keys: Arc<dyn KeyValue>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) google: Arc<dyn AccessTokens>,
    /// Calls the identity providers, and opens streams.
    pub(crate) http: Client,
    pub(crate) dialogflow: Upstream,
    /// Bodies of calls to Dialogflow that are being read.
    pub(crate) bodies: BodyBudget,
    pub(crate) refusals: Refusals,
    /// Permits for logins that wait for an identity provider.
    pub(crate) logins: Semaphore,
    pub(crate) stopping: CancellationToken,
}

/// Why a connector could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the certificates of this machine cannot be used; install ca-certificates")]
    Certificates(#[source] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl App {
    pub(crate) fn new(
        settings: Settings,
        backends: Backends,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, SetupError> {
        let (keys, google) = (backends.keys.clone(), backends.google.clone());
        Ok(Arc::new(Self {
            hub: Hub::new(backends, settings.hub.clone()),
            sessions: Arc::new(Sessions::new(keys.clone(), settings.tokens.clone(), settings.sessions.clone())),
            keys,
            google,
            http: server::client::client().map_err(SetupError::Client)?,
            dialogflow: Upstream::new(&settings.dialogflow).map_err(SetupError::Certificates)?,
            bodies: upstream::body_budget(&settings.dialogflow),
            refusals: Refusals::new(settings.guard.refused_attempts),
            logins: Semaphore::new(settings.guard.max_logins),
            stopping,
            settings,
        }))
    }
}
