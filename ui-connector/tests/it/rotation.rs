//! Secrets that change under the running connector.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use connector::Settings;
use connector::auth::rotation::SecretFile;
use connector::auth::token::TokenKeys;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Connector, Log, PROJECT, settings};
use testkit::socketio::Client;
use testkit::{http, until};

const OLD: &str = "an-old-secret-of-16+";
const NEW: &str = "a-new-secret-of-16++";

/// A mounted secret: a link to a folder that is replaced as a whole, as by Kubernetes and Cloud Run.
struct Mount(TempDir);

impl Mount {
    fn new(secret: &str) -> Self {
        let mount = Self(TempDir::new().unwrap());
        mount.replace(secret);
        symlink("current/jwt_secret_key", mount.path()).unwrap();
        mount
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("jwt_secret_key")
    }

    fn replace(&self, secret: &str) {
        let folder = tempfile::Builder::new().tempdir_in(self.0.path()).unwrap().keep();
        fs::write(folder.join("jwt_secret_key"), secret).unwrap();
        let next = self.0.path().join("next");
        symlink(&folder, &next).unwrap();
        fs::rename(next, self.0.path().join("current")).unwrap();
    }
}

async fn connector(path: &Path) -> Connector {
    let tokens = Arc::new(TokenKeys::read(path, PROJECT, Duration::from_hours(1)).unwrap());
    let secret_file = Some(SecretFile { path: path.to_owned(), interval: Duration::from_millis(5) });
    Connector::start_with(&Log::new(), Settings { tokens, secret_file, ..settings() }).await
}

fn signed_with(secret: &str) -> String {
    TokenKeys::new(secret.as_bytes(), PROJECT, Duration::from_hours(1)).unwrap().issue("", None).unwrap()
}

async fn opens(connector: &Connector, secret: &str) -> bool {
    Client::connect(connector.address, &json!({"token": signed_with(secret)})).await.is_ok()
}

async fn registered(connector: &Connector) -> String {
    let answer = http().post(connector.url("/register")).send().await.unwrap();
    answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rotates_the_secret_without_ending_sessions() {
    let mount = Mount::new(OLD);
    let connector = connector(&mount.path()).await;
    assert!(opens(&connector, OLD).await && !opens(&connector, NEW).await);
    mount.replace(&format!("{NEW}\n{OLD}\n"));
    until("the new secret", async || opens(&connector, NEW).await).await;
    assert!(opens(&connector, OLD).await);
    let new_keys = TokenKeys::new(NEW.as_bytes(), PROJECT, Duration::from_hours(1)).unwrap();
    assert!(new_keys.verify(&registered(&connector).await).is_ok(), "the first line does not sign");
    mount.replace(NEW);
    until("the end of the old secret", async || !opens(&connector, OLD).await).await;
    assert!(opens(&connector, NEW).await);
}

#[tokio::test]
async fn ignores_an_unusable_secret_file() {
    let mount = Mount::new(OLD);
    let connector = connector(&mount.path()).await;
    for unusable in ["", "\n", "short", &format!("{NEW}\n\n{OLD}")] {
        mount.replace(unusable);
        // Each connecting takes about as long as the connector waits between two looks at the file.
        for _ in 0..20 {
            assert!(opens(&connector, OLD).await, "{unusable:?}");
        }
        mount.replace(&format!("{OLD}\n{NEW}"));
        until("the good one", async || opens(&connector, NEW).await).await;
        mount.replace(OLD);
        until("the old one", async || !opens(&connector, NEW).await).await;
    }
    fs::remove_file(mount.path()).unwrap();
    assert!(opens(&connector, OLD).await);
}
