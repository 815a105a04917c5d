//! `Salesforce` and `SalesforceLWC`: the user info endpoint
//! (<https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm>).

use async_trait::async_trait;
use reqwest::Client;
use server::env::EnvReader;

use super::answer::{members, text};
use super::hosts::base_url;
use super::organization::OrganizationId;
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;

/// Admits users of one organization.
#[derive(Debug)]
pub struct Salesforce {
    client: Client,
    base: BaseUrl,
    organization: OrganizationId,
    name: &'static str,
}

impl Salesforce {
    /// Asks at `base` for users of `organization`. `name` is what logs call it.
    pub fn new(client: Client, base: BaseUrl, organization: OrganizationId, name: &'static str) -> Self {
        Self { client, base, organization, name }
    }

    /// Reads `SALESFORCE_DOMAIN`, `SALESFORCE_ORGANIZATION_ID` and `SALESFORCE_BASE_URL`.
    pub fn read(env: &mut EnvReader, client: Client, name: &'static str) -> Option<Self> {
        let domain = env.text_or("SALESFORCE_DOMAIN", "login.salesforce.com");
        let base = env.optional("SALESFORCE_BASE_URL", BaseUrl::EXPECTED);
        let base = base.or_else(|| base_url(env, "SALESFORCE_DOMAIN", &domain));
        let expected = "the id of your Salesforce organization, 15 or 18 letters and digits";
        let id = env.required("SALESFORCE_ORGANIZATION_ID", expected);
        let organization = OrganizationId::parse(&id);
        if organization.is_none() && !id.is_empty() {
            env.problem("SALESFORCE_ORGANIZATION_ID", format!("{id:?}"), expected);
        }
        Some(Self::new(client, base?, organization?, name))
    }
}

#[async_trait]
impl IdentityProvider for Salesforce {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        // Never in the query, where proxies and logs would keep it.
        let request = self.client.get(self.base.join("/services/oauth2/userinfo")).bearer_auth(token.required()?);
        let user = members(request).await?;
        let denied = |reason: &str| Err(Refusal::Denied(reason.to_owned()));
        if text(&user, "user_id").is_none() {
            return denied("the answer names no user");
        }
        if user.get("active") == Some(&false.into()) {
            return denied("the user is not active");
        }
        match text(&user, "organization_id").and_then(OrganizationId::parse) {
            Some(organization) if organization.is_same_as(&self.organization) => Ok(Admission::default()),
            Some(_) => denied("the user belongs to another organization"),
            None => denied("the answer names no organization"),
        }
    }
}
