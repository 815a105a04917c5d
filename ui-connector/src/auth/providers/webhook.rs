//! `Webhook`: a service of the operator's own decides.

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde_json::json;
use server::client::is_protected;
use server::env::EnvReader;

use super::answer::accepted;
use super::verdict::verdict;
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// Admits whom a service admits.
pub struct Webhook {
    client: Client,
    url: Url,
}

impl Webhook {
    /// Asks at `url`.
    pub fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }

    /// Reads `AUTH_WEBHOOK_URL`, which may hold a secret.
    pub fn read(env: &mut EnvReader, client: Client) -> Option<Self> {
        let expected = "the https URL of a service that checks tokens";
        let text = env.required("AUTH_WEBHOOK_URL", expected);
        let url = text.parse().ok().filter(is_protected);
        if url.is_none() && !text.is_empty() {
            env.problem("AUTH_WEBHOOK_URL", "something else", expected);
        }
        Some(Self::new(client, url?))
    }
}

#[async_trait]
impl IdentityProvider for Webhook {
    fn name(&self) -> &'static str {
        "Webhook"
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        let request = self.client.post(self.url.clone()).json(&json!({"token": token.required()?}));
        verdict(&accepted(request).await?)
    }
}
