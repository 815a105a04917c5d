//! What the environment says about push tokens.

use reqwest::{Client, Url};
use server::client::{client, is_protected};
use server::env::EnvReader;
use server::telemetry::causes;

/// Google's keys (<https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken>).
const GOOGLE_KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const ACCOUNT: &str = "PUSH_AUTH_SERVICE_ACCOUNT";

/// Who may push.
#[derive(Debug, Clone)]
pub struct PushAuthSettings {
    /// E-mail address of the service account that the subscriptions push as.
    pub service_account: String,
    /// What the tokens are made for. Nothing stands for the URL of the endpoint that is called.
    pub audiences: Vec<String>,
    /// Whether the platform in front has checked signatures and removes them.
    pub trust_platform: bool,
    /// Where Google's keys are.
    pub keys: Url,
    /// Fetches them.
    pub client: Client,
}

impl PushAuthSettings {
    /// Reads `PUSH_AUTH_SERVICE_ACCOUNT`, without which nobody is asked for a token, and what belongs to it.
    pub fn read(env: &mut EnvReader) -> Option<Self> {
        let audiences = env.text_or("PUSH_AUTH_AUDIENCE", "");
        let trust_platform = env.flag("PUSH_AUTH_TRUST_PLATFORM", false);
        let Some(service_account) = env.text("PUSH_AUTH_SERVICE_ACCOUNT").map(str::to_owned) else {
            if trust_platform || !audiences.is_empty() {
                env.problem(ACCOUNT, "nothing", "an e-mail address, since other PUSH_AUTH settings are there");
            }
            return None;
        };
        if !service_account.contains('@') {
            env.problem(ACCOUNT, format!("{service_account:?}"), "the e-mail address of a service account");
        }
        let audiences = audiences.split(',').map(str::trim).filter(|audience| !audience.is_empty());
        let audiences = audiences.map(str::to_owned).collect();
        Some(Self { service_account, audiences, trust_platform, keys: keys(env)?, client: tls_client(env)? })
    }

    /// Warns of a setting that lets in more than an operator may think.
    pub fn announce(&self, on_cloud_run: bool) {
        if self.trust_platform && !on_cloud_run {
            tracing::warn!(
                "PUSH_AUTH_TRUST_PLATFORM=true, but this is not Cloud Run: whoever reaches this service can push UNSIGNED tokens"
            );
        }
    }
}

fn keys(env: &mut EnvReader) -> Option<Url> {
    let text = env.text_or("PUSH_AUTH_KEYS_URL", GOOGLE_KEYS);
    let url = text.parse().ok().filter(is_protected);
    if url.is_none() {
        env.problem("PUSH_AUTH_KEYS_URL", format!("{text:?}"), "an https URL");
    }
    url
}

fn tls_client(env: &mut EnvReader) -> Option<Client> {
    let refuse = |error: reqwest::Error| {
        env.problem(ACCOUNT, causes(&error).to_string(), "a machine with certificates for TLS");
    };
    client().map_err(refuse).ok()
}
