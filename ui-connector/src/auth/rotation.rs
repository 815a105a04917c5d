//! New secrets, without a restart: a mounted secret changes under the process
//! (<https://cloud.google.com/run/docs/configuring/services/secrets>).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use server::telemetry::causes;
use settings::Reader;
use tokio_util::sync::CancellationToken;

use super::secrets::{SecretError, read};
use super::token::TokenKeys;
use crate::variables::{JWT_SECRET_KEY_PATH, JWT_SECRET_REFRESH_SECONDS, JWT_TOKEN_LIFETIME_MINUTES};

#[derive(Debug, Clone)]
pub struct SecretFile {
    pub path: PathBuf,
    /// How often it is checked. Mounts are replaced as a whole, by a link, so there is nothing to be notified of.
    pub interval: Duration,
}

impl SecretFile {
    pub(crate) fn read(env: &mut Reader) -> Self {
        Self { path: JWT_SECRET_KEY_PATH.read(env), interval: JWT_SECRET_REFRESH_SECONDS.read(env) }
    }

    /// Reads the secrets, and `JWT_TOKEN_LIFETIME_MINUTES`, for tokens of `project`.
    pub(crate) fn tokens(&self, env: &mut Reader, project: &str) -> Option<TokenKeys> {
        let lifetime = JWT_TOKEN_LIFETIME_MINUTES.read(env);
        let refuse = |error: SecretError| {
            let expected = match error {
                SecretError::Read(..) => "a file with the JWT secret",
                SecretError::TooLarge(_) | SecretError::TooShort { .. } => "a secret of at least 16 bytes in each line",
            };
            JWT_SECRET_KEY_PATH.problem(env, error.to_string(), expected);
        };
        TokenKeys::read(&self.path, project, lifetime).map_err(refuse).ok()
    }
}

/// Checks the file at each interval. A file that cannot be used changes nothing, and is logged once.
pub(crate) async fn run(file: SecretFile, tokens: Arc<TokenKeys>, stop: CancellationToken) {
    let mut failed = false;
    while stop.run_until_cancelled(tokio::time::sleep(file.interval)).await.is_some() {
        match renew(&file, &tokens).await {
            Ok(true) => {
                tracing::info!(keys = tokens.keys(), "the JWT secret has changed; its first line signs from now on");
            }
            Err(error) if !failed => {
                let error = causes(&error).to_string();
                tracing::error!(error, "failed to renew the JWT secret; the last usable one stays in use");
            }
            Ok(false) | Err(_) => {}
        }
        failed = !tokens.is_current();
    }
}

async fn renew(file: &SecretFile, tokens: &Arc<TokenKeys>) -> Result<bool, SecretError> {
    let (path, tokens) = (file.path.clone(), tokens.clone());
    // A panic of that thread would be one of ours; the file is then as good as unread.
    tokio::task::spawn_blocking(move || tokens.renew(read(&path))).await.unwrap_or(Ok(false))
}
