//! What the interceptor is told by its environment.

use std::time::Duration;

use broker::{RedisBroker, RedisSettings, Retention, SettingsError};
use server::env::{ConfigError, Env, EnvReader};
use server::http::HttpLimits;
use server::process::ProcessSettings;
use server::redis::{EventRetention, RedisAddress};
use server::telemetry::causes;

use crate::pull::PullSettings;
use crate::push_auth::PushAuthSettings;

const MIB: usize = 1024 * 1024;

/// What becomes of a push that can never be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalformedMessages {
    /// Acknowledged, and kept in Redis for the operator.
    Quarantine,
    /// Answered 400: for subscriptions that have a dead-letter topic.
    Reject,
}

/// How the interceptor behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What becomes of a push that can never be delivered.
    pub malformed: MalformedMessages,
    /// How long a client may take to send a body.
    pub body_timeout: Duration,
    /// Limits of the HTTP server.
    pub http: HttpLimits,
    /// Bytes of bodies that may be on their way at the same time.
    pub max_body_bytes: usize,
    /// Whether there are routes for push requests.
    pub push_endpoints: bool,
    /// What is pulled, if anything.
    pub pull: Option<PullSettings>,
    /// Who may push; without it, everybody who can reach the service.
    pub push_auth: Option<PushAuthSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            malformed: MalformedMessages::Quarantine,
            body_timeout: Duration::from_secs(10),
            http: HttpLimits { connections: 10_000, ..HttpLimits::default() },
            max_body_bytes: 256 * MIB,
            push_endpoints: true,
            pull: None,
            push_auth: None,
        }
    }
}

/// Everything that the process needs to start.
#[derive(Debug)]
pub struct Config {
    /// Port, threads and logs.
    pub process: ProcessSettings,
    /// Redis. It has not been asked anything yet.
    pub broker: RedisBroker,
    /// How the interceptor behaves.
    pub settings: Settings,
    /// Whether the platform is Cloud Run.
    pub on_cloud_run: bool,
}

impl server::process::Config for Config {
    fn process(&self) -> &ProcessSettings {
        &self.process
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from_env(env: Env) -> Result<Self, ConfigError> {
        let mut env = env.reader();
        let process = ProcessSettings::read(&mut env);
        // What is missing is a problem already.
        match (broker(&mut env), settings(&mut env)) {
            (Some(broker), settings) => {
                let on_cloud_run = env.text("K_SERVICE").is_some();
                env.finish(Self { process, broker, settings, on_cloud_run })
            }
            _ => env.fail(),
        }
    }
}

fn broker(env: &mut EnvReader) -> Option<RedisBroker> {
    let (address, kept) = (RedisAddress::read(env), EventRetention::read(env));
    let min_replicas = env.parse_within("REDIS_MIN_REPLICAS", "0 to 5", 0, |replicas| *replicas <= 5);
    let settings = RedisSettings {
        ca_cert: address.ca_cert,
        cluster: address.cluster,
        min_replicas,
        ..RedisSettings::new(address.url)
    };
    let retention = Retention { time: kept.time, events: kept.events };
    let refuse = |error: SettingsError| {
        let expected = "an address, certificates and a mode that fit together";
        env.problem(error.setting(), causes(&error).to_string(), expected);
    };
    RedisBroker::new(settings, retention).map_err(refuse).ok()
}

fn settings(env: &mut EnvReader) -> Settings {
    let defaults = Settings::default();
    let connections =
        env.parse_within("MAX_CONNECTIONS", "1 to 1000000", defaults.http.connections, |n| (1..=1_000_000).contains(n));
    let http = HttpLimits { connections, ..HttpLimits::read(env) };
    let megabytes = defaults.max_body_bytes / MIB;
    let megabytes = env.parse_within("MAX_BODY_MEGABYTES", "16 to 65536", megabytes, |n| (16..=65_536).contains(n));
    let (malformed, push_auth) = (malformed(env), PushAuthSettings::read(env));
    let (push_endpoints, pull) = (env.flag("PUSH_ENDPOINTS", true), PullSettings::read(env));
    if !push_endpoints && pull.as_ref().is_none_or(|pull| pull.subscriptions.is_empty()) {
        env.problem("PUSH_ENDPOINTS", "false", "true, since there is nothing in PUBSUB_SUBSCRIPTIONS to pull from");
    }
    Settings { malformed, http, max_body_bytes: megabytes * MIB, push_endpoints, pull, push_auth, ..defaults }
}

fn malformed(env: &mut EnvReader) -> MalformedMessages {
    match env.text_or("MALFORMED_MESSAGES", "quarantine").to_ascii_lowercase().as_str() {
        "quarantine" => MalformedMessages::Quarantine,
        "reject" => MalformedMessages::Reject,
        other => {
            env.problem("MALFORMED_MESSAGES", format!("{other:?}"), "quarantine or reject");
            MalformedMessages::Quarantine
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_no_setting_at_all() {
        let config = Config::from_env(Env::default()).unwrap();
        assert_eq!((config.process.port, config.settings.malformed), (8080, MalformedMessages::Quarantine));
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_without_its_password() {
        for url in ["http://:geheim@h", "redis://:geheim@", "redis://:geheim@h:port", "rediss://:geheim@h:1:2"] {
            let problems = Config::from_env(Env::from([("REDIS_URL", url)])).unwrap_err().to_string();
            assert!(problems.starts_with("REDIS_URL: ") && !problems.contains("geheim"), "{url}: {problems}");
        }
        let certificates = Env::from([("REDIS_CA_CERT", "/etc/hostname")]);
        assert!(Config::from_env(certificates).unwrap_err().to_string().starts_with("REDIS_CA_CERT: "));
    }

    #[test]
    fn tells_all_mistakes_at_once() {
        let env = Env::from([
            ("PORT", "http"),
            ("REDISPORT", "-1"),
            ("MALFORMED_MESSAGES", "drop"),
            ("EVENT_RETENTION_MAX", "0"),
            ("REDIS_CLUSTER", "perhaps"),
            ("PUSH_ENDPOINTS", "false"),
            ("REDIS_CA_CERT", "/nowhere/ca.pem"),
        ]);
        let problems = Config::from_env(env).unwrap_err().to_string();
        let ours = ["MALFORMED_MESSAGES", "EVENT_RETENTION_MAX", "PUSH_ENDPOINTS"];
        for name in ["PORT", "REDISPORT", "REDIS_CLUSTER", "REDIS_CA_CERT"].into_iter().chain(ours) {
            assert_eq!(problems.lines().filter(|line| line.starts_with(&format!("{name}:"))).count(), 1, "{problems}");
        }
    }
}
