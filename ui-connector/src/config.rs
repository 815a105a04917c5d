//! The configuration of the connector, from its environment.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use broker::{RedisSettings, Retention};
use server::http::HttpLimits;
use server::process::ProcessSettings;
use settings::{ConfigError, Env, Reader};

use crate::auth::rate_limit::GuardSettings;
use crate::auth::rotation::SecretFile;
use crate::auth::settings::AuthSettings;
use crate::auth::token::TokenKeys;
use crate::dialogflow::settings::DialogflowSettings;
use crate::hub::HubSettings;
use crate::kinds::AllowedOrigins;
use crate::sessions::SessionSettings;
use crate::variables::{
    CONNECTION_LIFETIME_SECONDS, CONSOLE, CORS_ALLOWED_ORIGINS, GCP_PROJECT_ID, GOOGLE_APPLICATION_CREDENTIALS,
    MAX_CONNECTIONS,
};

#[derive(Debug, Clone)]
pub struct Settings {
    /// The one project that is served.
    pub project: String,
    pub auth: AuthSettings,
    pub tokens: Arc<TokenKeys>,
    /// Where the secrets of the tokens come from, if they can change.
    pub secret_file: Option<SecretFile>,
    /// Whether the agent desktop console is served.
    pub console: bool,
    /// Which pages may call the HTTP routes.
    pub cors: AllowedOrigins,
    /// Limits for clients that are not authenticated yet.
    pub guard: GuardSettings,
    pub http: HttpLimits,
    pub dialogflow: DialogflowSettings,
    /// Rooms and mapping keys.
    pub hub: HubSettings,
    pub sessions: SessionSettings,
    pub sockets: socketio::SocketSettings,
    /// Size of the kernel's send buffer of each connection, bytes.
    pub send_buffer: usize,
    /// The time over which the closing of the connections is spread when the process ends.
    pub drain_time: Duration,
}

impl Settings {
    /// Settings with defaults for everything that has one.
    pub fn new(project: &str, auth: AuthSettings, tokens: TokenKeys) -> Self {
        Self::others(&mut Reader::default())(project.to_owned(), auth, tokens)
    }

    /// Reads the environment and the file with the JWT secret.
    fn read(env: &mut Reader) -> Option<Self> {
        let (project, auth, file) = (GCP_PROJECT_ID.required(env), AuthSettings::read(env), SecretFile::read(env));
        let tokens = file.tokens(env, project.as_deref().unwrap_or_default());
        // Not before everything has been read, so that every problem is reported.
        let settings = Self::others(env)(project?, auth, tokens?);
        Some(Self { secret_file: Some(file).filter(|file| !file.interval.is_zero()), ..settings })
    }

    /// Reads all that has a default, and returns what puts it together with the rest.
    fn others(env: &mut Reader) -> impl FnOnce(String, AuthSettings, TokenKeys) -> Self {
        let (console, cors) = (CONSOLE.read(env), CORS_ALLOWED_ORIGINS.read(env));
        let (guard, http, dialogflow) =
            (GuardSettings::read(env), HttpLimits::read(env), DialogflowSettings::read(env));
        let (hub, sessions) = (HubSettings::new(Retention::read(env)), SessionSettings::read(env));
        let (max_connections, lifetime) = (MAX_CONNECTIONS.read(env), CONNECTION_LIFETIME_SECONDS.read(env));
        let sockets = socketio::SocketSettings {
            max_connections,
            lifetime: spread(lifetime),
            ..socketio::SocketSettings::default()
        };
        GOOGLE_APPLICATION_CREDENTIALS.read(env);
        move |project, auth, tokens| Self {
            project,
            auth,
            tokens: Arc::new(tokens),
            secret_file: None,
            console,
            cors,
            guard,
            http,
            dialogflow,
            hub,
            sessions,
            sockets,
            send_buffer: 64 * 1024,
            drain_time: Duration::from_secs(5),
        }
    }

    /// Warns of settings that admit more than an operator may think.
    pub fn announce(&self) {
        self.auth.agents.announce();
        if self.cors == AllowedOrigins::Any {
            tracing::warn!("CORS_ALLOWED_ORIGINS is *: pages of any origin can call this service");
        }
    }
}

/// Lifetimes around a mean: an even spread, 52 to 58 minutes for 55, never makes a wave of reconnects. Nothing for zero.
fn spread(mean: Duration) -> Option<RangeInclusive<Duration>> {
    (!mean.is_zero()).then(|| mean * 52 / 55..=mean * 58 / 55)
}

/// What the process needs besides [`ProcessSettings`].
#[derive(Debug)]
pub struct Config {
    pub redis: RedisSettings,
    pub settings: Settings,
}

impl Config {
    /// Reads the environment and the file with the JWT secret.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn from_env(env: Env) -> Result<(ProcessSettings, Self), ConfigError> {
        let mut env = env.reader();
        let (redis, settings) = (RedisSettings::read(&mut env), Settings::read(&mut env));
        let process = ProcessSettings::read(&mut env, settings.as_ref().map(|settings| settings.project.clone()));
        env.finish(settings.map(|settings| (process, Self { redis, settings })))
    }
}

#[cfg(test)]
mod tests;
