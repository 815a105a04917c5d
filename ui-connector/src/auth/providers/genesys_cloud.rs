//! `GenesysCloud`: the users and organization APIs
//! (<https://developer.genesys.cloud/useragentman/users/>).

use async_trait::async_trait;
use reqwest::Client;
use settings::Reader;

use super::http::{Members, members, text};
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;
use crate::variables::{GENESYS_CLOUD_BASE_URL, GENESYS_CLOUD_ENVIRONMENT, GENESYS_CLOUD_ORGANIZATION_ID};

/// Admits users of one organization; of a whole region, if none is named.
#[derive(Debug)]
pub struct GenesysCloud {
    base: BaseUrl,
    organization: Option<String>,
}

impl GenesysCloud {
    /// Asks at `base` for users, and for their organization if one is named.
    pub fn new(base: BaseUrl, organization: Option<String>) -> Self {
        Self { base, organization }
    }

    pub(crate) fn read(env: &mut Reader) -> Self {
        let (environment, base) = (GENESYS_CLOUD_ENVIRONMENT.read(env), GENESYS_CLOUD_BASE_URL.read(env));
        let base = base.unwrap_or_else(|| BaseUrl::of_host(&format!("api.{environment}")));
        Self::new(base, GENESYS_CLOUD_ORGANIZATION_ID.read(env))
    }

    async fn ask(&self, http: &Client, path: &str, token: &PlatformToken) -> Result<Members, Refusal> {
        members(http.get(self.base.join(path)).bearer_auth(token.required()?)).await
    }
}

#[async_trait]
impl IdentityProvider for GenesysCloud {
    fn name(&self) -> &'static str {
        "GenesysCloud"
    }

    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        let user = self.ask(http, "/api/v2/users/me", token).await?;
        if text(&user, "id").is_none() {
            return Err(Refusal::Denied("the answer names no user".into()));
        }
        if text(&user, "state").is_some_and(|state| state != "active") {
            return Err(Refusal::Denied("the user is not active".into()));
        }
        let Some(ours) = &self.organization else { return Ok(Admission::default()) };
        let organization = self.ask(http, "/api/v2/organizations/me", token).await?;
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
