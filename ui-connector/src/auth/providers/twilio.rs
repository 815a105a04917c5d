//! `Twilio`, for agents: a Twilio Function that asks Twilio about a Flex token
//! (<https://github.com/twilio/twilio-flex-token-validator>).

use async_trait::async_trait;
use reqwest::Client;
use serde_json::json;
use server::env::EnvReader;

use super::answer::accepted;
use super::hosts::base_url;
use super::verdict::verdict;
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;

/// Admits bearers of a valid Flex token.
#[derive(Debug)]
pub struct Twilio {
    client: Client,
    base: BaseUrl,
}

impl Twilio {
    /// Asks the function at `base`.
    pub fn new(client: Client, base: BaseUrl) -> Self {
        Self { client, base }
    }

    /// Reads `TWILIO_FLEX_ENVIRONMENT` and `TWILIO_FLEX_BASE_URL`.
    pub fn read(env: &mut EnvReader, client: Client) -> Option<Self> {
        let host =
            env.required("TWILIO_FLEX_ENVIRONMENT", "the host of your Twilio Functions, such as acme-1234.twil.io");
        let base = env.optional("TWILIO_FLEX_BASE_URL", BaseUrl::EXPECTED);
        if host.is_empty() {
            return None;
        }
        let base = base.or_else(|| base_url(env, "TWILIO_FLEX_ENVIRONMENT", &host))?;
        Some(Self::new(client, base))
    }
}

#[async_trait]
impl IdentityProvider for Twilio {
    fn name(&self) -> &'static str {
        "Twilio"
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        let request = self.client.post(self.base.join("/verify")).json(&json!({"Token": token.required()?}));
        verdict(&accepted(request).await?)
    }
}
