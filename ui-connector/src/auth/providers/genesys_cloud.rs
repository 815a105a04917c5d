//! `GenesysCloud`: the users and organization APIs
//! (<https://developer.genesys.cloud/useragentman/users/>).

use async_trait::async_trait;
use reqwest::Client;
use server::env::EnvReader;

use super::answer::{Members, members, text};
use super::hosts::base_url;
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;

/// Admits users of one organization; of a whole region, if none is named.
#[derive(Debug)]
pub struct GenesysCloud {
    client: Client,
    base: BaseUrl,
    organization: Option<String>,
}

impl GenesysCloud {
    /// Asks at `base` for users, and for their organization if one is named.
    pub fn new(client: Client, base: BaseUrl, organization: Option<String>) -> Self {
        Self { client, base, organization }
    }

    /// Reads `GENESYS_CLOUD_ENVIRONMENT`, `GENESYS_CLOUD_ORGANIZATION_ID` and `GENESYS_CLOUD_BASE_URL`.
    pub fn read(env: &mut EnvReader, client: Client) -> Option<Self> {
        let environment = env.text_or("GENESYS_CLOUD_ENVIRONMENT", "mypurecloud.com");
        let base = env.optional("GENESYS_CLOUD_BASE_URL", BaseUrl::EXPECTED);
        let base = base.or_else(|| base_url(env, "GENESYS_CLOUD_ENVIRONMENT", &format!("api.{environment}")))?;
        let organization = env.text("GENESYS_CLOUD_ORGANIZATION_ID").map(str::to_owned);
        Some(Self::new(client, base, organization))
    }

    async fn ask(&self, path: &str, token: &PlatformToken) -> Result<Members, Refusal> {
        members(self.client.get(self.base.join(path)).bearer_auth(token.required()?)).await
    }
}

#[async_trait]
impl IdentityProvider for GenesysCloud {
    fn name(&self) -> &'static str {
        "GenesysCloud"
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        let user = self.ask("/api/v2/users/me", token).await?;
        if text(&user, "id").is_none() {
            return Err(Refusal::Denied("the answer names no user".into()));
        }
        if text(&user, "state").is_some_and(|state| state != "active") {
            return Err(Refusal::Denied("the user is not active".into()));
        }
        let Some(ours) = &self.organization else { return Ok(Admission::default()) };
        let organization = self.ask("/api/v2/organizations/me", token).await?;
        match text(&organization, "id") {
            Some(id) if id.eq_ignore_ascii_case(ours) => Ok(Admission::default()),
            Some(_) => Err(Refusal::Denied("the user belongs to another organization".into())),
            None => Err(Refusal::Denied("the answer names no organization".into())),
        }
    }

    fn announce(&self) {
        if self.organization.is_none() {
            tracing::warn!(
                "GENESYS_CLOUD_ORGANIZATION_ID is empty: users of EVERY Genesys Cloud customer of the region can register"
            );
        }
    }
}
