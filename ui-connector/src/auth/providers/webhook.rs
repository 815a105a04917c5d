//! `Webhook`: a service of the operator's own decides.

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde_json::json;
use service::env::EnvReader;

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

/// Tokens travel over TLS, or do not leave this machine.
pub(super) fn is_protected(url: &Url) -> bool {
    let is_loopback = || match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback())
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
