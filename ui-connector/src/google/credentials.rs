//! Access tokens of the service account that the connector runs as.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderValue;
use google_cloud_auth::build_errors::Error as BuildError;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use google_cloud_auth::errors::CredentialsError;
use parking_lot::Mutex;

/// What our token may do (<https://cloud.google.com/dialogflow/docs/reference/rest/v2/projects.conversations/create>).
const SCOPE: &str = "https://www.googleapis.com/auth/dialogflow";
/// How long the metadata server may take.
const WAIT: Duration = Duration::from_secs(10);

/// Where access tokens come from. Tests bring their own.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// The value of the header `Authorization` for a request to Google, marked as sensitive.
    ///
    /// # Errors
    /// [`TokenError`] if there is no token now.
    async fn authorization(&self) -> Result<HeaderValue, TokenError>;
}

/// Why there is no access token. The texts hold none.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("no Google access token could be got")]
    Credentials(#[from] CredentialsError),
    #[error("there are no usable Google credentials")]
    Unusable(#[from] BuildError),
    #[error("no Google access token could be got within {WAIT:?}")]
    Timeout,
    #[error("the Google access token cannot be sent in a header")]
    Unprintable,
}

/// Application Default Credentials: the file of `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's own, or the metadata server
/// (<https://cloud.google.com/docs/authentication/application-default-credentials>). They are looked for when they are
/// needed first. Tokens are kept, and renewed before they expire.
///
/// They renew their token in the background, until an error that they take for final.
#[derive(Debug, Default)]
pub struct DefaultCredentials(Mutex<Option<AccessTokenCredentials>>);

impl DefaultCredentials {
    fn credentials(&self) -> Result<AccessTokenCredentials, TokenError> {
        let mut current = self.0.lock();
        if let Some(credentials) = &*current {
            return Ok(credentials.clone());
        }
        let credentials = Builder::default().with_scopes([SCOPE]).build_access_token_credentials()?;
        Ok(current.insert(credentials).clone())
    }

    /// What has failed for good may work again once the service account has a role, so it is looked for anew.
    fn forget(&self) {
        *self.0.lock() = None;
    }
}

#[async_trait]
impl AccessTokens for DefaultCredentials {
    async fn authorization(&self) -> Result<HeaderValue, TokenError> {
        let credentials = self.credentials()?;
        let token = tokio::time::timeout(WAIT, credentials.access_token()).await.map_err(|_| TokenError::Timeout)?;
        let token = token.inspect_err(|_| self.forget())?;
        bearer(&token.token)
    }
}

/// A token that never changes: for tests, and for stand-ins of Google that look at none.
#[derive(Debug)]
pub struct FixedToken(HeaderValue);

impl FixedToken {
    /// Presents `token` always.
    ///
    /// # Errors
    /// [`TokenError::Unprintable`] if it has characters that no token has.
    pub fn new(token: &str) -> Result<Self, TokenError> {
        bearer(token).map(Self)
    }
}

#[async_trait]
impl AccessTokens for FixedToken {
    async fn authorization(&self) -> Result<HeaderValue, TokenError> {
        Ok(self.0.clone())
    }
}

/// The header's value for an access token.
fn bearer(token: &str) -> Result<HeaderValue, TokenError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| TokenError::Unprintable)?;
    value.set_sensitive(true);
    Ok(value)
}
