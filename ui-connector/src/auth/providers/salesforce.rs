//! `Salesforce` and `SalesforceLWC`: the user info endpoint
//! (<https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm>).

use async_trait::async_trait;
use reqwest::Client;
use settings::{Kind as _, Reader};

use super::http::{members, text};
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;
use crate::kinds::OrganizationId;
use crate::variables::{SALESFORCE_BASE_URL, SALESFORCE_DOMAIN, SALESFORCE_ORGANIZATION_ID};

/// Admits users of one organization.
#[derive(Debug)]
pub struct Salesforce {
    base: BaseUrl,
    organization: OrganizationId,
    name: &'static str,
}

impl Salesforce {
    /// Asks at `base` for users of `organization`. `name` is what logs call it.
    pub fn new(base: BaseUrl, organization: OrganizationId, name: &'static str) -> Self {
        Self { base, organization, name }
    }

    pub(crate) fn read(env: &mut Reader, name: &'static str) -> Option<Self> {
        let (domain, base) = (SALESFORCE_DOMAIN.read(env), SALESFORCE_BASE_URL.read(env));
        let base = base.unwrap_or_else(|| BaseUrl::of_host(&domain));
        Some(Self::new(base, SALESFORCE_ORGANIZATION_ID.required(env)?, name))
    }
}

#[async_trait]
impl IdentityProvider for Salesforce {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        // Never in the query, where proxies and logs would keep it.
        let request = http.get(self.base.join("/services/oauth2/userinfo")).bearer_auth(token.required()?);
        let user = members(request).await?;
        let denied = |reason: &str| Err(Refusal::Denied(reason.to_owned()));
        if text(&user, "user_id").is_none() {
            return denied("the answer names no user");
        }
        if user.get("active") == Some(&false.into()) {
            return denied("the user is not active");
        }
        match text(&user, "organization_id").and_then(|id| OrganizationId::parse(id).ok()) {
            Some(organization) if organization.is_same_as(&self.organization) => Ok(Admission::default()),
            Some(_) => denied("the user belongs to another organization"),
            None => denied("the answer names no organization"),
        }
    }
}
