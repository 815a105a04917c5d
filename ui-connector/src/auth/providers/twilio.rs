//! `Twilio`, for agents: a Twilio Function that asks Twilio about a Flex token
//! (<https://github.com/twilio/twilio-flex-token-validator>).

use async_trait::async_trait;
use reqwest::Client;
use serde_json::json;
use settings::Reader;

use super::answer::accepted;
use super::verdict::verdict;
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;
use crate::variables::{TWILIO_FLEX_BASE_URL, TWILIO_FLEX_ENVIRONMENT};

/// Admits bearers of a valid Flex token.
#[derive(Debug)]
pub struct Twilio(BaseUrl);

impl Twilio {
    /// Asks the function at `base`.
    pub fn new(base: BaseUrl) -> Self {
        Self(base)
    }

    /// Reads `TWILIO_FLEX_ENVIRONMENT` and `TWILIO_FLEX_BASE_URL`.
    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        let (host, base) = (TWILIO_FLEX_ENVIRONMENT.required(env), TWILIO_FLEX_BASE_URL.read(env));
        let host = host?;
        Some(Self::new(base.unwrap_or_else(|| BaseUrl::of_host(&host))))
    }
}

#[async_trait]
impl IdentityProvider for Twilio {
    fn name(&self) -> &'static str {
        "Twilio"
    }

    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        let request = http.post(self.0.join("/verify")).json(&json!({"Token": token.required()?}));
        verdict(&accepted(request).await?)
    }
}
