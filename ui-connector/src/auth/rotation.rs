//! New secrets, without a restart: a mounted secret changes under the process
//! (<https://cloud.google.com/run/docs/configuring/services/secrets>).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use server::telemetry::causes;
use tokio_util::sync::CancellationToken;

use super::secrets::{SecretError, read};
use super::token::TokenKeys;

/// The file with the secrets.
#[derive(Debug, Clone)]
pub struct SecretFile {
    /// Where it is mounted.
    pub path: PathBuf,
    /// How often it is looked at. Mounts are replaced as a whole, by a link, so there is nothing to be notified of.
    pub interval: Duration,
}

/// Looks at the file again and again. A file that cannot be used changes nothing, and is told of once.
pub(crate) async fn run(file: SecretFile, tokens: Arc<TokenKeys>, stop: CancellationToken) {
    let mut failed = false;
    while stop.run_until_cancelled(tokio::time::sleep(file.interval)).await.is_some() {
        match renew(&file, &tokens).await {
            Ok(true) => {
                tracing::info!(keys = tokens.keys(), "the JWT secret has changed; its first line signs from now on");
            }
            Err(error) if !failed => {
                let error = causes(&error).to_string();
                tracing::error!(error, "the JWT secret has become unusable; the last usable one stays in use");
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
