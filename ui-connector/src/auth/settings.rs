//! Which identity provider the environment names.

use std::fmt;
use std::sync::Arc;

use reqwest::Client;
use service::env::EnvReader;
use service::telemetry::causes;

use super::provider::IdentityProvider;
use super::providers::{Five9, GenesysCloud, Nobody, Oidc, Salesforce, Skip, Twilio, TwilioAccount, Webhook};

/// The names that `AUTH_OPTION` may have.
const OPTIONS: &str = "Salesforce, SalesforceLWC, GenesysCloud, Twilio, Five9, OIDC, Webhook, Skip, or nothing";

/// Who may register.
#[derive(Clone)]
pub struct AuthSettings {
    /// Decides about agents, at `/register`.
    pub agents: Arc<dyn IdentityProvider>,
    /// Decides about applications, at `/register-app`. Without it there are none.
    pub applications: Option<TwilioAccount>,
}

impl fmt::Debug for AuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSettings")
            .field("agents", &self.agents.name())
            .field("applications", &self.applications)
            .finish()
    }
}

impl AuthSettings {
    /// Agents are known to one provider; there are no applications.
    pub fn new(agents: impl IdentityProvider + 'static) -> Self {
        Self { agents: Arc::new(agents), applications: None }
    }

    /// Reads `AUTH_OPTION`, `APP_AUTH_OPTION` and what the providers need.
    pub fn read(env: &mut EnvReader) -> Self {
        let client = match service::client::client() {
            Ok(client) => client,
            Err(error) => {
                env.problem("AUTH_OPTION", causes(&error).to_string(), "a machine with certificates for TLS");
                return Self::new(Nobody);
            }
        };
        Self { agents: agents(env, &client), applications: applications(env, client) }
    }
}

fn agents(env: &mut EnvReader, client: &Client) -> Arc<dyn IdentityProvider> {
    let option = env.text_or("AUTH_OPTION", "");
    let client = client.clone();
    let provider = match option.as_str() {
        "" => provider(Some(Nobody)),
        "Skip" => provider(Some(skip(env))),
        "Salesforce" => provider(Salesforce::read(env, client, "Salesforce")),
        "SalesforceLWC" => provider(Salesforce::read(env, client, "SalesforceLWC")),
        "GenesysCloud" => provider(GenesysCloud::read(env, client)),
        "Twilio" => provider(Twilio::read(env, client)),
        "Five9" => provider(Five9::read(env)),
        "OIDC" => provider(Oidc::read(env, client)),
        "Webhook" => provider(Webhook::read(env, client)),
        other => {
            env.problem("AUTH_OPTION", format!("{other:?}"), OPTIONS);
            None
        }
    };
    // What is missing is a problem already.
    provider.unwrap_or_else(|| Arc::new(Nobody))
}

fn provider(provider: Option<impl IdentityProvider + 'static>) -> Option<Arc<dyn IdentityProvider>> {
    provider.map(|provider| Arc::new(provider) as Arc<dyn IdentityProvider>)
}

fn skip(env: &mut EnvReader) -> Skip {
    let on_cloud_run = env.text("K_SERVICE").is_some();
    if on_cloud_run && !env.flag("ALLOW_SKIP_AUTH", false) {
        let expected = "an identity provider on Cloud Run; set ALLOW_SKIP_AUTH=true to let ANYBODY in all the same";
        env.problem("AUTH_OPTION", "Skip", expected);
    }
    Skip
}

fn applications(env: &mut EnvReader, client: Client) -> Option<TwilioAccount> {
    match env.text_or("APP_AUTH_OPTION", "").as_str() {
        "" => None,
        "Twilio" => TwilioAccount::read(env, client),
        other => {
            env.problem("APP_AUTH_OPTION", format!("{other:?}"), "Twilio, or nothing");
            None
        }
    }
}
