//! The configuration of the interceptor, from its environment.

use broker::{RedisSettings, Retention};
use reqwest::Url;
use server::http::HttpLimits;
use server::process::ProcessSettings;
use server::variables::on_cloud_run;
use settings::kinds::quoted;
use settings::{ConfigError, Env, Kind as _, Reader};

use crate::variables::{
    GCP_PROJECT_ID, MALFORMED_MESSAGES, MAX_CONNECTIONS, MalformedMessages, PUBSUB_EMULATOR_HOST, PUBSUB_SUBSCRIPTIONS,
    PUSH_AUTH_AUDIENCE, PUSH_AUTH_KEYS_URL, PUSH_AUTH_SERVICE_ACCOUNT, PUSH_AUTH_TRUST_PLATFORM, PUSH_ENDPOINTS,
    REDIS_MIN_REPLICAS, Subscription,
};

#[derive(Debug, Clone)]
pub struct Settings {
    /// The project of subscriptions and traces, if one is named.
    pub project: Option<String>,
    pub malformed: MalformedMessages,
    pub http: HttpLimits,
    pub push_endpoints: bool,
    pub pull: Option<PullSettings>,
    /// Which pushes are accepted; without it, all that reach the service.
    pub push_auth: Option<PushAuthSettings>,
    pub on_cloud_run: bool,
}

impl Settings {
    fn read(env: &mut Reader) -> Self {
        let project = GCP_PROJECT_ID.read(env);
        let settings = Self {
            malformed: MALFORMED_MESSAGES.read(env),
            http: HttpLimits { connections: MAX_CONNECTIONS.read(env), ..HttpLimits::read(env) },
            push_endpoints: PUSH_ENDPOINTS.read(env),
            pull: PullSettings::read(env, project.as_deref()),
            push_auth: PushAuthSettings::read(env),
            on_cloud_run: on_cloud_run(env),
            project,
        };
        if !settings.push_endpoints && settings.pull.is_none() {
            PUSH_ENDPOINTS.problem(env, "false", "true, since there is nothing in PUBSUB_SUBSCRIPTIONS to pull from");
        }
        settings
    }

    /// Warns of settings that admit more than an operator may think.
    pub fn announce(&self) {
        if self.push_auth.as_ref().is_some_and(|auth| auth.trust_platform) && !self.on_cloud_run {
            tracing::warn!(
                "PUSH_AUTH_TRUST_PLATFORM=true, but this is not Cloud Run: anything that reaches this service can push UNSIGNED tokens"
            );
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

#[derive(Debug, Clone)]
pub struct PullSettings {
    pub subscriptions: Vec<Subscription>,
    /// Where the emulator is, `host:port`, if it stands in for Pub/Sub.
    pub emulator: Option<String>,
}

impl PullSettings {
    /// Reads `PUBSUB_SUBSCRIPTIONS`, without which nothing is pulled, and `PUBSUB_EMULATOR_HOST`. Subscriptions that name no project
    /// belong to `project`.
    pub fn read(env: &mut Reader, project: Option<&str>) -> Option<Self> {
        let (emulator, mut subscriptions) = (PUBSUB_EMULATOR_HOST.read(env), PUBSUB_SUBSCRIPTIONS.read(env));
        if !cfg!(feature = "pull") && !subscriptions.is_empty() {
            let expected = "nothing: this program was built without the feature \"pull\"";
            PUBSUB_SUBSCRIPTIONS.problem(env, "something", expected);
        }
        for Subscription { name, .. } in subscriptions.iter_mut().filter(|it| !it.name.contains('/')) {
            match project {
                Some(project) => *name = format!("projects/{project}/subscriptions/{name}"),
                None => PUBSUB_SUBSCRIPTIONS.problem(env, quoted(name), Subscription::EXPECTED),
            }
        }
        (!subscriptions.is_empty()).then_some(Self { subscriptions, emulator })
    }
}

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
}

/// What the process needs besides [`ProcessSettings`].
#[derive(Debug)]
pub struct Config {
    pub redis: RedisSettings,
    pub retention: Retention,
    pub settings: Settings,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from_env(env: Env) -> Result<(ProcessSettings, Self), ConfigError> {
        let mut env = env.reader();
        let (settings, retention) = (Settings::read(&mut env), Retention::read(&mut env));
        let redis = RedisSettings { min_replicas: REDIS_MIN_REPLICAS.read(&mut env), ..RedisSettings::read(&mut env) };
        let process = ProcessSettings::read(&mut env, settings.project.clone());
        env.finish(Some((process, Self { redis, retention, settings })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::EventKind;

    #[test]
    fn settings_that_have_no_effect_alone_are_problems() {
        for (name, value, problem) in
            [("PUSH_ENDPOINTS", "false", "PUSH_ENDPOINTS"), ("PUSH_AUTH_AUDIENCE", "a", "PUSH_AUTH_SERVICE_ACCOUNT")]
        {
            let problems = Config::from_env(Env::from([(name, value)])).unwrap_err().to_string();
            assert!(problems.starts_with(&format!("{problem}: ")) && problems.lines().count() == 1, "{problems}");
        }
    }

    fn read(list: &str, project: Option<&str>) -> Result<Option<PullSettings>, String> {
        let mut env = Env::from([("PUBSUB_SUBSCRIPTIONS", list)]).reader();
        let settings = PullSettings::read(&mut env, project);
        env.finish(Some(settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_pulled_unless_it_is_named() {
        assert!(read("", Some("p")).unwrap().is_none());
    }

    #[test]
    fn names_are_whole_or_of_the_project() {
        let list = "projects/q/subscriptions/a=new-message-event, b = human-agent-assistant-event,";
        let settings = read(list, Some("p")).unwrap().unwrap();
        let found: Vec<_> = settings.subscriptions.iter().map(|s| (s.name.as_str(), s.kind)).collect();
        let expected = [
            ("projects/q/subscriptions/a", EventKind::NewMessage),
            ("projects/p/subscriptions/b", EventKind::HumanAgentAssistant),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn mistakes_are_reported() {
        for list in ["a", "a=", "a=news", "=new-message-event", "x/y=new-message-event", "a=new-message-event"] {
            let problem = read(list, None).unwrap_err();
            assert!(
                problem.starts_with("PUBSUB_SUBSCRIPTIONS: ") && problem.contains("GCP_PROJECT_ID"),
                "{list}: {problem}"
            );
        }
    }
}
