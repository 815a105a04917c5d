//! The token that Pub/Sub sends with each push
//! (<https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>).

use std::num::NonZeroUsize;
use std::time::SystemTime;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use event::EventKind;
use lru::LruCache;
use oidc::{Claims, Expected, KeySet, KeysUnavailable, Source, Verifier, VerifyError, claims_without_signature};
use parking_lot::Mutex;
use reqwest::Client;
use server::authorization::{authorization, bearer};
use server::util::sha256;

use crate::config::PushAuthSettings;

/// Replaces a signature that Cloud Run has checked
/// (<https://cloud.google.com/run/docs/troubleshooting#signature-removed>).
const REMOVED_SIGNATURE: &str = "SIGNATURE_REMOVED_BY_GOOGLE";
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// Maximum number of cached tokens. Pub/Sub uses one for up to an hour, and each subscription has its own.
const CACHED_TOKENS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Unauthorized {
    #[error("the push has no token; the subscription needs --push-auth-service-account")]
    Missing,
    #[error("the push token is not accepted: {0}")]
    Invalid(#[from] oidc::Invalid),
    #[error("the push token is not that of the service account in PUSH_AUTH_SERVICE_ACCOUNT")]
    OtherAccount,
    #[error(
        "the signature of the push token was removed by Cloud Run, which has checked it; set PUSH_AUTH_TRUST_PLATFORM=true \
         if only Cloud Run can reach this service"
    )]
    SignatureRemoved,
    #[error("push tokens cannot be checked now")]
    Unavailable(#[from] KeysUnavailable),
}

pub(crate) struct PushAuth {
    settings: PushAuthSettings,
    http: Client,
    verifier: Verifier,
    /// The expiry of accepted tokens, by digest and kind of event. Checking a signature costs more than the rest of a push.
    accepted: Mutex<LruCache<([u8; 32], EventKind), SystemTime>>,
}

impl PushAuth {
    pub(crate) fn new(settings: PushAuthSettings, http: Client) -> Self {
        let keys = KeySet::new(Source::Keys(settings.keys.clone()));
        Self { settings, http, verifier: Verifier::rs256(keys), accepted: Mutex::new(LruCache::new(CACHED_TOKENS)) }
    }

    /// Checks that a push to the endpoint of `kind` comes from the subscriptions' service account.
    ///
    /// # Errors
    /// [`Unauthorized`] if it does not, or if Google's keys are needed and unavailable.
    pub(crate) async fn check(&self, headers: &HeaderMap, kind: EventKind) -> Result<(), Unauthorized> {
        let token = bearer(authorization(headers)).ok_or(Unauthorized::Missing)?;
        let key = (sha256(format!("{token} {:?}", headers.get(HOST)).as_bytes()), kind);
        if self.accepted.lock().get(&key).is_some_and(|expires| *expires > SystemTime::now()) {
            return Ok(());
        }
        let claims = self.claims(token, &self.expected(headers, kind)).await?;
        if !claims.email_verified || claims.email.as_deref() != Some(self.settings.service_account.as_str()) {
            return Err(Unauthorized::OtherAccount);
        }
        self.accepted.lock().put(key, claims.expires);
        Ok(())
    }

    async fn claims(&self, token: &str, expected: &Expected) -> Result<Claims, Unauthorized> {
        if token.rsplit('.').next() == Some(REMOVED_SIGNATURE) {
            if !self.settings.trust_platform {
                return Err(Unauthorized::SignatureRemoved);
            }
            return Ok(claims_without_signature(token, expected)?);
        }
        self.verifier.verify(&self.http, token, expected).await.map_err(|error| match error {
            VerifyError::Invalid(reason) => reason.into(),
            VerifyError::Unavailable(error) => error.into(),
        })
    }

    /// Without configured audiences, the audience is the endpoint's URL, which is Pub/Sub's default. The caller chooses the
    /// host but gains nothing by that: it still needs a token for that host, issued to our service account.
    fn expected(&self, headers: &HeaderMap, kind: EventKind) -> Expected {
        let mut audiences = self.settings.audiences.clone();
        if audiences.is_empty() {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            audiences.push(format!("https://{host}/{kind}"));
        }
        Expected { issuers: ISSUERS.map(str::to_owned).into(), audiences }
    }
}
