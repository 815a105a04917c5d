//! The configuration of the interceptor, from its environment.

mod pull;
mod push_auth;

use broker::{RedisSettings, Retention};
use server::http::HttpLimits;
use server::process::ProcessSettings;
use server::variables::on_cloud_run;
use settings::{ConfigError, Env, Reader};

pub use pull::PullSettings;
pub use push_auth::PushAuthSettings;

use crate::variables::{
    GCP_PROJECT_ID, MALFORMED_MESSAGES, MAX_CONNECTIONS, MalformedMessages, PUSH_ENDPOINTS, REDIS_MIN_REPLICAS,
};

/// How the interceptor behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project of subscriptions and traces, if one is named.
    pub project: Option<String>,
    /// What happens to a message that can never be delivered.
    pub malformed: MalformedMessages,
    /// Limits of the HTTP server.
    pub http: HttpLimits,
    /// Whether there are routes for push requests.
    pub push_endpoints: bool,
    /// What is pulled, if anything.
    pub pull: Option<PullSettings>,
    /// Which pushes are accepted; without it, all that reach the service.
    pub push_auth: Option<PushAuthSettings>,
    /// Whether the platform is Cloud Run.
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
        if let Some(push_auth) = &self.push_auth {
            push_auth.announce(self.on_cloud_run);
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

/// What the process needs besides [`ProcessSettings`].
#[derive(Debug)]
pub struct Config {
    /// Where Redis is.
    pub redis: RedisSettings,
    /// What Redis keeps.
    pub retention: Retention,
    /// How the interceptor behaves.
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

    #[test]
    fn needs_no_setting_at_all() {
        let (process, config) = Config::from_env(Env::default()).unwrap();
        assert_eq!((process.port, config.settings.malformed), (8080, MalformedMessages::Quarantine));
        assert_eq!(config.redis.address(), "localhost:6379");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let env = Env::from([
            ("PORT", "http"),
            ("REDISPORT", "-1"),
            ("MALFORMED_MESSAGES", "drop"),
            ("EVENT_RETENTION_MAX", "0"),
            ("REDIS_CLUSTER", "perhaps"),
            ("PUSH_ENDPOINTS", "false"),
            ("PUSH_AUTH_AUDIENCE", "a"),
            ("REDIS_CA_CERT", "/nowhere/ca.pem"),
        ]);
        let problems = Config::from_env(env).unwrap_err().to_string();
        let ours = ["MALFORMED_MESSAGES", "EVENT_RETENTION_MAX", "PUSH_ENDPOINTS", "PUSH_AUTH_SERVICE_ACCOUNT"];
        for name in ["PORT", "REDISPORT", "REDIS_CLUSTER", "REDIS_CA_CERT"].into_iter().chain(ours) {
            assert_eq!(problems.lines().filter(|line| line.starts_with(&format!("{name}:"))).count(), 1, "{problems}");
        }
    }
}
