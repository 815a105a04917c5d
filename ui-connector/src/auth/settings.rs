//! Which identity provider the environment names.

use std::fmt;
use std::sync::Arc;

use reqwest::Client;
use server::env::EnvReader;
use server::telemetry::causes;

use super::provider::IdentityProvider;
use super::providers::{Five9, GenesysCloud, Nobody, Oidc, Salesforce, Skip, Twilio, TwilioAccount, Webhook};

/// Reads a provider's settings; nothing if one is missing, which the reader has noted as a problem then.
type Read = fn(&mut EnvReader, Client) -> Option<Arc<dyn IdentityProvider>>;

/// The values of `AUTH_OPTION`. What else a provider needs is listed in `docs/CONTRIBUTING.md`.
const OPTIONS: [(&str, Read); 8] = [
    ("Salesforce", |env, client| provider(Salesforce::read(env, client, "Salesforce"))),
    ("SalesforceLWC", |env, client| provider(Salesforce::read(env, client, "SalesforceLWC"))),
    ("GenesysCloud", |env, client| provider(GenesysCloud::read(env, client))),
    ("Twilio", |env, client| provider(Twilio::read(env, client))),
    ("Five9", |env, _| provider(Five9::read(env))),
    ("OIDC", |env, client| provider(Oidc::read(env, client))),
    ("Webhook", |env, client| provider(Webhook::read(env, client))),
    (SKIP, |env, _| provider(Some(skip(env)))),
];

/// Lets everybody in: for the demo and for tests.
const SKIP: &str = "Skip";

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
        let client = match server::client::client() {
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
    if option.is_empty() {
        return Arc::new(Nobody);
    }
    let Some((_, read)) = OPTIONS.iter().find(|(name, _)| *name == option) else {
        env.problem(
            "AUTH_OPTION",
            format!("{option:?}"),
            format!("{}, or nothing", OPTIONS.map(|(name, _)| name).join(", ")),
        );
        return Arc::new(Nobody);
    };
    // What is missing is a problem already.
    read(env, client.clone()).unwrap_or_else(|| Arc::new(Nobody))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{OPTIONS, SKIP};

    const GUIDE: &str = include_str!("../../../docs/CONTRIBUTING.md");

    /// The files that the guide links in its list of what names every provider.
    fn places() -> Vec<&'static str> {
        let (_, section) = GUIDE.split_once("\n## A new identity provider\n").expect("the section");
        let (section, _) = section.split_once("\n## ").expect("the next section");
        section
            .lines()
            .filter_map(|line| line.strip_prefix("* [")?.split_once("](")?.1.split_once(')'))
            .map(|it| it.0)
            .collect()
    }

    fn names(text: &str, option: &str) -> bool {
        text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == option)
    }

    #[test]
    fn every_provider_is_named_wherever_the_guide_says() {
        let places = places();
        assert!(places.len() >= 6, "{places:?}");
        for place in places {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(place);
            let text = std::fs::read_to_string(&file).expect(place);
            for (option, _) in OPTIONS.iter().filter(|(name, _)| *name != SKIP) {
                assert!(names(&text, option), "{place} does not name the identity provider {option}");
            }
        }
    }
}
