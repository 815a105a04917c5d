//! Providers that ask nothing.

use async_trait::async_trait;
use reqwest::Client;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// Admits everyone, even without a token. For tests and demonstrations.
pub struct Skip;

#[async_trait]
impl IdentityProvider for Skip {
    fn name(&self) -> &'static str {
        "Skip"
    }

    async fn verify(&self, _: &Client, _: &PlatformToken) -> Result<Admission, Refusal> {
        Ok(Admission::default())
    }

    fn announce(&self) {
        tracing::warn!("AUTH_OPTION=Skip: ANYBODY can register and read conversations; use it for tests only");
    }
}

/// An empty `AUTH_OPTION`: no agent can register.
pub struct DenyAll;

impl DenyAll {
    /// What logs and metrics call it.
    pub const NAME: &'static str = "none";
}

#[async_trait]
impl IdentityProvider for DenyAll {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn verify(&self, _: &Client, _: &PlatformToken) -> Result<Admission, Refusal> {
        Err(Refusal::Denied("AUTH_OPTION is empty".into()))
    }

    fn announce(&self) {
        tracing::warn!("AUTH_OPTION is empty: no agent can register");
    }
}
