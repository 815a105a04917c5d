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
