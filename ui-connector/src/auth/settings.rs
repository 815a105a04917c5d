//! The identity providers that the environment names.

use std::fmt;
use std::sync::Arc;

use server::variables::on_cloud_run;
use settings::Reader;

use super::provider::IdentityProvider;
use super::providers::{DenyAll, Five9, GenesysCloud, Oidc, Salesforce, Skip, Twilio, TwilioAccount, Webhook};
use crate::variables::{ALLOW_SKIP_AUTH, APP_AUTH_OPTION, AUTH_OPTION, AppAuthOption, AuthOption};

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
    pub fn read(env: &mut Reader) -> Self {
        let agents = match AUTH_OPTION.read(env) {
            None => provider(Some(DenyAll)),
            Some(AuthOption::Skip) => provider(Some(skip(env))),
            Some(AuthOption::Salesforce) => provider(Salesforce::read(env, "Salesforce")),
            Some(AuthOption::SalesforceLwc) => provider(Salesforce::read(env, "SalesforceLWC")),
            Some(AuthOption::GenesysCloud) => provider(Some(GenesysCloud::read(env))),
            Some(AuthOption::Twilio) => provider(Twilio::read(env)),
            Some(AuthOption::Five9) => provider(Five9::read(env)),
            Some(AuthOption::Oidc) => provider(Oidc::read(env)),
            Some(AuthOption::Webhook) => provider(Webhook::read(env)),
        };
        let applications = match APP_AUTH_OPTION.read(env) {
            None => None,
            Some(AppAuthOption::Twilio) => TwilioAccount::read(env),
        };
        // What is missing is a problem already.
        Self { agents: agents.unwrap_or_else(|| Arc::new(DenyAll)), applications }
    }
}

fn provider(provider: Option<impl IdentityProvider + 'static>) -> Option<Arc<dyn IdentityProvider>> {
    provider.map(|provider| Arc::new(provider) as Arc<dyn IdentityProvider>)
}

fn skip(env: &mut Reader) -> Skip {
    if on_cloud_run(env) && !ALLOW_SKIP_AUTH.read(env) {
        let expected = "an identity provider on Cloud Run; ALLOW_SKIP_AUTH=true admits ANYONE all the same";
        AUTH_OPTION.problem(env, "Skip", expected);
    }
    Skip
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use settings::kinds::Choice as _;

    use super::AuthOption;

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
            for (option, _) in AuthOption::ALL.iter().filter(|(_, option)| *option != AuthOption::Skip) {
                assert!(names(&text, option), "{place} does not name the identity provider {option}");
            }
        }
    }
}
