//! Which identity provider the environment names.

use std::fmt;
use std::sync::Arc;

use service::env::EnvReader;

use super::provider::IdentityProvider;
use super::providers::{Nobody, Skip};

/// Who may register.
#[derive(Clone)]
pub struct AuthSettings {
    /// Decides about agents, at `/register`.
    pub agents: Arc<dyn IdentityProvider>,
}

impl fmt::Debug for AuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSettings").field("agents", &self.agents.name()).finish()
    }
}

impl AuthSettings {
    /// Agents are known to one provider.
    pub fn new(agents: impl IdentityProvider + 'static) -> Self {
        Self { agents: Arc::new(agents) }
    }

    /// Reads `AUTH_OPTION` and what the provider needs.
    pub fn read(env: &mut EnvReader) -> Self {
        match env.text_or("AUTH_OPTION", "").as_str() {
            "" => Self::new(Nobody),
            "Skip" => skip(env),
            other => {
                env.problem("AUTH_OPTION", format!("{other:?}"), "Skip, or nothing");
                Self::new(Nobody)
            }
        }
    }

    /// Warns of a setting that lets in more, or fewer, than an operator may think.
    pub fn announce(&self) {
        match self.agents.name() {
            "Skip" => {
                tracing::warn!("AUTH_OPTION=Skip: ANYBODY can register and read conversations; use it for tests only");
            }
            "none" => tracing::warn!("AUTH_OPTION is empty: nobody can register"),
            _ => {}
        }
    }
}

fn skip(env: &mut EnvReader) -> AuthSettings {
    let on_cloud_run = env.text("K_SERVICE").is_some();
    if on_cloud_run && !env.flag("ALLOW_SKIP_AUTH", false) {
        let expected = "an identity provider on Cloud Run; set ALLOW_SKIP_AUTH=true to let ANYBODY in all the same";
        env.problem("AUTH_OPTION", "Skip", expected);
    }
    AuthSettings::new(Skip)
}
