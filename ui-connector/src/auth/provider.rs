//! What decides whether an agent may register.

use std::time::SystemTime;

use async_trait::async_trait;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use server::authorization::without_bearer;
use server::client::AskError;

/// What a desktop presents to register: the header `Authorization`, without the word `Bearer`.
#[derive(Debug, Default)]
pub struct PlatformToken(SecretString);

impl PlatformToken {
    /// Takes the value of the header, with or without `Bearer` in front, in any case.
    pub fn from_header(value: &str) -> Self {
        Self(without_bearer(value).into())
    }

    /// The token, to be sent to the provider and nowhere else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The token, if there is one.
    ///
    /// # Errors
    /// [`Refusal::Denied`] if there is none: the UI modules start without one, and no provider need be asked about that.
    pub fn required(&self) -> Result<&str, Refusal> {
        if self.is_empty() { Err(Refusal::Denied("no token was presented".into())) } else { Ok(self.expose()) }
    }

    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// An identity provider: it knows the agents of a deployment.
///
/// Implement it to bring your own: see the example `own_provider`.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// What logs and metrics call it.
    fn name(&self) -> &'static str;

    /// Whether the bearer of `token`, which may be empty, is an agent of this deployment. `http` is the client for all calls to
    /// providers.
    ///
    /// # Errors
    /// [`Refusal`]: it is not, or the provider gave no answer. The reason goes to the log, never to the caller.
    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal>;

    /// Says at start, in the log, what an operator may not expect of it.
    fn announce(&self) {}
}

/// The bearer may register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Admission {
    /// Until when, if the provider says so. Our token does not outlive it.
    pub until: Option<SystemTime>,
}

/// Why the bearer may not register. The texts contain no token.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The provider does not know the bearer, or knows it as another one's agent.
    #[error("{0}")]
    Denied(String),
    #[error("the identity provider could not be asked")]
    Unreachable(#[from] AskError),
    #[error("the identity provider is not available: {0}")]
    Unavailable(String),
}
