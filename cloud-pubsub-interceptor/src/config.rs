//! What the interceptor is told by its environment.

use std::time::Duration;

use service::env::{ConfigError, Env, EnvReader};
use service::process::ProcessSettings;
use service::redis::{EventRetention, RedisAddress};

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
    /// Open connections at the most.
    pub max_connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            malformed: MalformedMessages::Quarantine,
            body_timeout: Duration::from_secs(10),
            max_connections: 10_000,
        }
    }
}

/// Everything that the process needs to start.
#[derive(Debug)]
pub struct Config {
    /// Port, threads and logs.
    pub process: ProcessSettings,
    /// Where Redis is.
    pub redis: RedisAddress,
    /// How much of each conversation is kept.
    pub retention: EventRetention,
    /// How the interceptor behaves.
    pub settings: Settings,
}

impl service::process::Config for Config {
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
        let config = Self {
            process: ProcessSettings::read(&mut env),
            redis: RedisAddress::read(&mut env),
            retention: EventRetention::read(&mut env),
            settings: settings(&mut env),
        };
        env.finish(config)
    }
}

fn settings(env: &mut EnvReader) -> Settings {
    let defaults = Settings::default();
    let connections =
        env.parse_within("MAX_CONNECTIONS", "1 to 1000000", defaults.max_connections, |n| (1..=1_000_000).contains(n));
    Settings { malformed: malformed(env), max_connections: connections, ..defaults }
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
        assert_eq!((config.retention.time, config.retention.events), (Duration::from_mins(15), 512));
    }

    #[test]
    fn tells_all_mistakes_at_once() {
        let env = Env::from([
            ("PORT", "http"),
            ("REDISPORT", "-1"),
            ("MALFORMED_MESSAGES", "drop"),
            ("EVENT_RETENTION_MAX", "0"),
            ("REDIS_CLUSTER", "true"),
            ("REDIS_CA_CERT", "/nowhere/ca.pem"),
        ]);
        let problems = Config::from_env(env).unwrap_err().to_string();
        for name in ["PORT", "REDISPORT", "MALFORMED_MESSAGES", "EVENT_RETENTION_MAX", "REDIS_CLUSTER", "REDIS_CA_CERT"]
        {
            assert_eq!(problems.lines().filter(|line| line.starts_with(&format!("{name}:"))).count(), 1, "{problems}");
        }
    }
}
