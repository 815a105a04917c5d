//! `Twilio`: for agents a Twilio Function that asks Twilio about a Flex token
//! (<https://github.com/twilio/twilio-flex-token-validator>), for applications the account API
//! (<https://www.twilio.com/docs/iam/api/account>).

use async_trait::async_trait;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use settings::Reader;

use super::http::{accepted, members, text, verdict};
use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::base_url::BaseUrl;
use crate::variables::{TWILIO_ACCOUNT_SID, TWILIO_API_BASE_URL, TWILIO_FLEX_BASE_URL, TWILIO_FLEX_ENVIRONMENT};

/// Admits bearers of a valid Flex token.
#[derive(Debug)]
pub struct Twilio(BaseUrl);

impl Twilio {
    pub fn new(base: BaseUrl) -> Self {
        Self(base)
    }

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

/// What an application presents.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCredentials {
    #[serde(default)]
    pub account_sid: String,
    #[serde(default)]
    pub auth_token: SecretString,
}

/// Admits applications that know the secret of one Twilio account.
#[derive(Debug, Clone)]
pub struct TwilioAccount {
    base: BaseUrl,
    sid: String,
}

impl TwilioAccount {
    /// Asks at `base` about the account `sid`.
    pub fn new(base: BaseUrl, sid: String) -> Self {
        Self { base, sid }
    }

    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        let (sid, base) = (TWILIO_ACCOUNT_SID.required(env), TWILIO_API_BASE_URL.read(env));
        Some(Self::new(base, sid?))
    }

    /// Whether the credentials are those of the account. Those of another account are never tried, so that stolen ones
    /// cannot be tested here.
    ///
    /// # Errors
    /// [`Refusal`]: they are not, or Twilio could not be asked.
    pub async fn verify(&self, http: &Client, credentials: &AccountCredentials) -> Result<Admission, Refusal> {
        if credentials.account_sid != self.sid || credentials.auth_token.expose_secret().is_empty() {
            return Err(Refusal::Denied("the credentials are not those of the account".into()));
        }
        let url = self.base.join(&format!("/2010-04-01/Accounts/{}.json", self.sid));
        let account =
            members(http.get(url).basic_auth(&self.sid, Some(credentials.auth_token.expose_secret()))).await?;
        if text(&account, "sid") != Some(self.sid.as_str()) {
            return Err(Refusal::Denied("the answer names another account".into()));
        }
        if text(&account, "status").is_some_and(|status| status != "active") {
            return Err(Refusal::Denied("the account is not active".into()));
        }
        Ok(Admission::default())
    }
}
