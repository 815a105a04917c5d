//! Which pushes are accepted.

use reqwest::Url;
use settings::Reader;

use crate::variables::{PUSH_AUTH_AUDIENCE, PUSH_AUTH_KEYS_URL, PUSH_AUTH_SERVICE_ACCOUNT, PUSH_AUTH_TRUST_PLATFORM};

/// What the token of a push must be.
#[derive(Debug, Clone)]
pub struct PushAuthSettings {
    /// E-mail address of the service account that the subscriptions push as.
    pub service_account: String,
    /// What the tokens are made for; empty for the URL of the endpoint that is called.
    pub audiences: Vec<String>,
    /// Whether the platform in front has checked signatures and removes them.
    pub trust_platform: bool,
    /// Where Google's keys are (<https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken>).
    pub keys: Url,
}

impl PushAuthSettings {
    /// Reads `PUSH_AUTH_SERVICE_ACCOUNT`, without which pushes need no token, and what belongs to it.
    pub fn read(env: &mut Reader) -> Option<Self> {
        let (service_account, audiences) = (PUSH_AUTH_SERVICE_ACCOUNT.read(env), PUSH_AUTH_AUDIENCE.read(env));
        let (trust_platform, keys) = (PUSH_AUTH_TRUST_PLATFORM.read(env), PUSH_AUTH_KEYS_URL.read(env));
        if service_account.is_none() && (trust_platform || !audiences.is_empty()) {
            let expected = "an e-mail address, since other PUSH_AUTH settings are there";
            PUSH_AUTH_SERVICE_ACCOUNT.problem(env, "nothing", expected);
        }
        Some(Self { service_account: service_account?, audiences, trust_platform, keys })
    }

    /// Warns of a setting that admits more than an operator may think.
    pub fn announce(&self, on_cloud_run: bool) {
        if self.trust_platform && !on_cloud_run {
            tracing::warn!(
                "PUSH_AUTH_TRUST_PLATFORM=true, but this is not Cloud Run: anything that reaches this service can push UNSIGNED tokens"
            );
        }
    }
}
