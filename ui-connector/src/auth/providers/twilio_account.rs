//! `Twilio`, for applications: the account API
//! (<https://www.twilio.com/docs/iam/api/account>).

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use server::env::EnvReader;

use super::answer::{members, text};
use crate::auth::provider::{Admission, Refusal};
use crate::base_url::BaseUrl;

/// What an application presents.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCredentials {
    /// The account.
    #[serde(default)]
    pub account_sid: String,
    /// Its secret.
    #[serde(default)]
    pub auth_token: SecretString,
}

/// Admits applications that know the secret of one Twilio account.
#[derive(Debug, Clone)]
pub struct TwilioAccount {
    client: Client,
    base: BaseUrl,
    sid: String,
}

impl TwilioAccount {
    /// Asks at `base` about the account `sid`.
    pub fn new(client: Client, base: BaseUrl, sid: String) -> Self {
        Self { client, base, sid }
    }

    /// Reads `TWILIO_ACCOUNT_SID` and `TWILIO_API_BASE_URL`.
    pub fn read(env: &mut EnvReader, client: Client) -> Option<Self> {
        let expected = "the SID of your Twilio account: AC and 32 hexadecimal digits";
        let sid = env.required("TWILIO_ACCOUNT_SID", expected);
        let base = env.optional("TWILIO_API_BASE_URL", BaseUrl::EXPECTED);
        let base = base.unwrap_or_else(|| BaseUrl::of_host("api.twilio.com"));
        if !is_account(&sid) && !sid.is_empty() {
            env.problem("TWILIO_ACCOUNT_SID", format!("{sid:?}"), expected);
        }
        Some(Self::new(client, base, Some(sid).filter(|sid| is_account(sid))?))
    }

    /// Whether the credentials are those of the account. Those of another account are never tried, so that nobody can test
    /// stolen ones here.
    ///
    /// # Errors
    /// [`Refusal`]: they are not, or Twilio could not be asked.
    pub async fn verify(&self, credentials: &AccountCredentials) -> Result<Admission, Refusal> {
        if credentials.account_sid != self.sid || credentials.auth_token.expose_secret().is_empty() {
            return Err(Refusal::Denied("the credentials are not those of the account".into()));
        }
        let url = self.base.join(&format!("/2010-04-01/Accounts/{}.json", self.sid));
        let account =
            members(self.client.get(url).basic_auth(&self.sid, Some(credentials.auth_token.expose_secret()))).await?;
        if text(&account, "sid") != Some(self.sid.as_str()) {
            return Err(Refusal::Denied("the answer names another account".into()));
        }
        if text(&account, "status").is_some_and(|status| status != "active") {
            return Err(Refusal::Denied("the account is not active".into()));
        }
        Ok(Admission::default())
    }
}

fn is_account(sid: &str) -> bool {
    sid.strip_prefix("AC").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
