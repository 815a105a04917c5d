//! `Salesforce` and `SalesforceLWC`: the user info endpoint
//! (<https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm>).

use async_trait::async_trait;
use reqwest::Client;
use settings::kinds::quoted;
use settings::{Kind, Reader};

use super::http::{members, text};
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;
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

/// An id of 15 characters, of which case matters, or of 18, of which the last three are a checksum of the case
/// (<https://help.salesforce.com/s/articleView?id=000383751>). Setup pages show the one, interfaces return the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationId(String);

impl OrganizationId {
    const SHORT: usize = 15;
    const LONG: usize = 18;

    /// Whether both name the same organization.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let both_long = self.0.len() == Self::LONG && other.0.len() == Self::LONG;
        if both_long { self.0 == other.0 } else { self.0[..Self::SHORT] == other.0[..Self::SHORT] }
    }
}

/// An id of either length.
impl Kind for OrganizationId {
    type Value = Self;
    const EXPECTED: &str = "15 or 18 letters and digits";

    fn parse(text: &str) -> Result<Self, String> {
        let is_long_enough = matches!(text.len(), Self::SHORT | Self::LONG);
        let is_id = is_long_enough && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id { Ok(Self(text.to_owned())) } else { Err(quoted(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind as _, OrganizationId};

    fn same(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|id| OrganizationId::parse(id).unwrap());
        one.is_same_as(&other)
    }

    #[test]
    fn both_lengths_of_one_id_are_equal() {
        assert!(same("00D5g00000ABCde", "00D5g00000ABCdeEAH"));
        assert!(same("00D5g00000ABCdeEAH", "00D5g00000ABCde"));
        assert!(same("00D5g00000ABCde", "00D5g00000ABCde"));
        assert!(!same("00D5g00000ABCde", "00D5g00000ABCDE"));
        assert!(!same("00D5g00000ABCdeEAH", "00D5g00000ABCdeEAI"));
    }

    #[test]
    fn a_part_of_an_id_is_no_id() {
        for text in [
            "",
            "00D",
            "00D5g00000ABCd",
            "00D5g00000ABCdeE",
            "00D5g00000ABCdeEAHx",
            "00D5g00000ABC-e",
            "00D5g00000ABCd\u{e9}",
        ] {
            assert!(OrganizationId::parse(text).is_err(), "{text}");
        }
    }
}
