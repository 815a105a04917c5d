//! What the connector is told by its environment.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use broker::{RedisBroker, RedisSettings, Retention, SettingsError};
use server::env::{ConfigError, Env, EnvReader};
use server::http::HttpLimits;
use server::process::ProcessSettings;
use server::redis::{EventRetention, RedisAddress};
use server::telemetry::causes;

use crate::auth::rotation::SecretFile;
use crate::auth::settings::AuthSettings;
use crate::auth::token::{SecretError, TokenKeys};
use crate::dialogflow::settings::DialogflowSettings;
use crate::google;
use crate::guard::settings::GuardSettings;
use crate::sessions::SessionSettings;

/// Where Secret Manager's volume is mounted in every published deployment.
const DEFAULT_SECRET_PATH: &str = "/secret/jwt_secret_key";

/// Which pages may call us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every page.
    Any,
    /// Pages of these origins.
    Only(Vec<HeaderValue>),
}

/// How the hub behaves.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// For how long a mapping key stands without being renewed. It is renewed three times as often.
    pub mapping_ttl: Duration,
    /// Conversations that one socket may have joined at the same time.
    pub joins_per_socket: usize,
    /// For how long the log of a conversation is kept after its last event.
    pub retention: Duration,
}

/// How the connector behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project that the deployment serves, and no other.
    pub project: String,
    /// Who may register.
    pub auth: AuthSettings,
    /// Issues and verifies tokens.
    pub tokens: Arc<TokenKeys>,
    /// Where the secrets of the tokens come from, if they can change.
    pub secret_file: Option<SecretFile>,
    /// Whether the agent desktop console is served.
    pub console: bool,
    /// Which pages may call us.
    pub cors: AllowedOrigins,
    /// For how long the conversation name of an integration key is kept.
    pub conversation_name_ttl: Duration,
    /// Limits for those who are not known yet.
    pub guard: GuardSettings,
    /// Limits of the HTTP server.
    pub http: HttpLimits,
    /// The Dialogflow proxy.
    pub dialogflow: DialogflowSettings,
    /// Rooms and mapping keys.
    pub hub: HubSettings,
    /// Sessions that outlive their tokens.
    pub sessions: SessionSettings,
    /// Sockets.
    pub sockets: socketio::Settings,
    /// Size of the kernel's send buffer of each connection, bytes.
    pub send_buffer: usize,
    /// Over how long the closing of the connections is spread when the process is to end.
    pub drain_time: Duration,
}

impl Settings {
    /// Settings with defaults for everything that has one.
    pub fn new(project: &str, auth: AuthSettings, tokens: TokenKeys) -> Self {
        Self {
            project: project.to_owned(),
            auth,
            tokens: Arc::new(tokens),
            secret_file: None,
            console: true,
            cors: AllowedOrigins::Any,
            conversation_name_ttl: Duration::from_hours(24),
            guard: GuardSettings::default(),
            http: HttpLimits::default(),
            dialogflow: DialogflowSettings::default(),
            hub: HubSettings {
                mapping_ttl: Duration::from_mins(5),
                joins_per_socket: 100,
                retention: Retention::default().time,
            },
            sessions: SessionSettings::default(),
            sockets: socketio::Settings { lifetime: Some(lifetime(LIFETIME)), ..socketio::Settings::default() },
            send_buffer: 64 * 1024,
            drain_time: Duration::from_secs(5),
        }
    }

    /// Warns of settings that let in more than an operator may think.
    pub fn announce(&self) {
        self.auth.agents.announce();
        if self.cors == AllowedOrigins::Any {
            tracing::warn!("CORS_ALLOWED_ORIGINS is *: pages of any origin may call this service");
        }
    }
}

/// Cloud Run cuts every connection at 60 minutes.
const LIFETIME: Duration = Duration::from_mins(55);

/// An even spread, 52 to 58 minutes if nothing else is set, never makes a wave.
fn lifetime(mean: Duration) -> RangeInclusive<Duration> {
    mean * 52 / 55..=mean * 58 / 55
}

/// Everything that the process needs to start.
#[derive(Debug)]
pub struct Config {
    /// Port, threads and logs.
    pub process: ProcessSettings,
    /// Redis. It has not been asked anything yet.
    pub broker: RedisBroker,
    /// How the connector behaves.
    pub settings: Settings,
}

impl server::process::Config for Config {
    fn process(&self) -> &ProcessSettings {
        &self.process
    }
}

impl Config {
    /// Reads the environment and the file with the JWT secret.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from_env(env: Env) -> Result<Self, ConfigError> {
        let mut env = env.reader();
        let process = ProcessSettings::read(&mut env);
        // What is missing is a problem already.
        let EventRetention { time, events } = EventRetention::read(&mut env);
        match (broker(&mut env, Retention { time, events }), settings(&mut env, time)) {
            (Some(broker), Some(settings)) => env.finish(Self { process, broker, settings }),
            _ => env.fail(),
        }
    }
}

fn broker(env: &mut EnvReader, retention: Retention) -> Option<RedisBroker> {
    let address = RedisAddress::read(env);
    let settings =
        RedisSettings { ca_cert: address.ca_cert, cluster: address.cluster, ..RedisSettings::new(address.url) };
    let refuse = |error: SettingsError| {
        let expected = "an address, certificates and a mode that fit together";
        env.problem(error.setting(), causes(&error).to_string(), expected);
    };
    RedisBroker::new(settings, retention).map_err(refuse).ok()
}

fn settings(env: &mut EnvReader, retention: Duration) -> Option<Settings> {
    let project = env.required("GCP_PROJECT_ID", "the id of the Google Cloud project that is served");
    let auth = AuthSettings::read(env);
    let cors = allowed_origins(env);
    let dialogflow = DialogflowSettings::read(env);
    google::settings::check(env);
    let (guard, http) = (GuardSettings::read(env), HttpLimits::read(env));
    let connections = env.parse_within("MAX_CONNECTIONS", "1 to 1000000", 100_000, |n| (1..=1_000_000).contains(n));
    let (day, default) = (24 * 60 * 60, LIFETIME.as_secs());
    let seconds = env.parse_within("CONNECTION_LIFETIME_SECONDS", "0 (no end) to 86400", default, |n| *n <= day);
    let month = 31 * 24;
    let hours = env.parse_within("CONVERSATION_NAME_TTL_HOURS", "1 to 744", 24, |n| (1..=month).contains(n));
    let secret_file = secret_file(env);
    let tokens = tokens(env, &project, &secret_file.path)?;
    let (conversation_name_ttl, sessions) = (Duration::from_hours(hours), SessionSettings::read(env));
    let console = env.flag("CONSOLE", true);
    let mut settings = Settings {
        console,
        cors,
        dialogflow,
        guard,
        http,
        sessions,
        conversation_name_ttl,
        secret_file: Some(secret_file).filter(|file| !file.interval.is_zero()),
        ..Settings::new(&project, auth, tokens)
    };
    settings.sockets.max_connections = connections;
    settings.sockets.lifetime = (seconds > 0).then(|| lifetime(Duration::from_secs(seconds)));
    settings.hub.retention = retention;
    Some(settings)
}

fn allowed_origins(env: &mut EnvReader) -> AllowedOrigins {
    let list = env.text_or("CORS_ALLOWED_ORIGINS", "*");
    let origins: Vec<_> = list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
    if origins.contains(&"*") {
        return AllowedOrigins::Any;
    }
    let mut allowed = Vec::new();
    for origin in origins {
        match HeaderValue::from_str(origin) {
            Ok(value) if is_origin(origin) => allowed.push(value),
            _ => env.problem("CORS_ALLOWED_ORIGINS", format!("{origin:?}"), "origins such as https://desktop.example"),
        }
    }
    AllowedOrigins::Only(allowed)
}

/// Scheme, host and port, without a path (<https://www.rfc-editor.org/rfc/rfc6454#section-6.2>).
fn is_origin(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, host)| !scheme.is_empty() && !host.is_empty() && !host.contains('/') && text.is_ascii())
}

fn secret_file(env: &mut EnvReader) -> SecretFile {
    let path = PathBuf::from(env.text_or("JWT_SECRET_KEY_PATH", DEFAULT_SECRET_PATH));
    let seconds = env.parse_within("JWT_SECRET_REFRESH_SECONDS", "0 to 3600", 30, |n| *n <= 3600);
    SecretFile { path, interval: Duration::from_secs(seconds) }
}

fn tokens(env: &mut EnvReader, project: &str, path: &Path) -> Option<TokenKeys> {
    let day = 24 * 60;
    let minutes = env.parse_within("JWT_TOKEN_LIFETIME_MINUTES", "1 to 1440", 60, |n| (1..=day).contains(n));
    match TokenKeys::read(path, project, Duration::from_mins(minutes)) {
        Ok(keys) => Some(keys),
        Err(error) => {
            let expected = match error {
                SecretError::Read(..) => "a file with the JWT secret",
                SecretError::TooLarge(_) | SecretError::TooShort { .. } => "a secret of at least 16 bytes in each line",
            };
            env.problem("JWT_SECRET_KEY_PATH", error.to_string(), expected);
            None
        }
    }
}

#[cfg(test)]
mod tests;
