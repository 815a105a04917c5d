//! `Webhook`: a service of the operator's own decides.

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde_json::json;
use settings::Reader;

use super::http::{accepted, verdict};
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::variables::AUTH_WEBHOOK_URL;

/// Admits the bearers of tokens that a service admits.
pub struct Webhook(Url);

impl Webhook {
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        AUTH_WEBHOOK_URL.required(env).map(Self::new)
    }
}

#[async_trait]
impl IdentityProvider for Webhook {
    fn name(&self) -> &'static str {
        "Webhook"
    }

    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        let request = http.post(self.0.clone()).json(&json!({"token": token.required()?}));
        verdict(&accepted(request).await?)
    }
}
