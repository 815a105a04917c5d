//! Google's own Pub/Sub emulator (<https://cloud.google.com/pubsub/docs/emulator>), started and ended by us.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long it may take to start: it is a Java program.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(50);

/// A running emulator on a free port; killed when dropped.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    port: u16,
    http: Client,
}

/// Why there is no emulator.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// It or Java is missing.
    #[error("the Pub/Sub emulator is not installed; `gcloud components install pubsub-emulator` and Java bring it")]
    NotInstalled,
    /// It could not be started.
    #[error("the Pub/Sub emulator does not start")]
    Start(#[from] std::io::Error),
    /// It could not be spoken to.
    #[error("the Pub/Sub emulator cannot be reached")]
    Http(#[from] reqwest::Error),
    /// It did not do what it was asked for.
    #[error("the Pub/Sub emulator answers {0} for {1}")]
    Refused(StatusCode, String),
    /// It took too long.
    #[error("the Pub/Sub emulator has not started within {PATIENCE:?}")]
    TooSlow,
}

impl Emulator {
    /// Starts the emulator and waits until it answers.
    ///
    /// # Errors
    /// [`EmulatorError`] if it is not installed, or does not start.
    pub async fn start() -> Result<Self, EmulatorError> {
        let program = program().ok_or(EmulatorError::NotInstalled)?;
        let http = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let mut command = Command::new(&program);
            command.arg("--host=127.0.0.1").arg(format!("--port={port}"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut emulator = Self { process: command.spawn()?, port, http: http.clone() };
            // If it has ended, someone took the port.
            while emulator.process.try_wait()?.is_none() && Instant::now() < deadline {
                if emulator.http.get(emulator.url("")).send().await.is_ok() {
                    return Ok(emulator);
                }
                sleep(PAUSE).await;
            }
        }
        Err(EmulatorError::TooSlow)
    }

    /// Where clients find it, `host:port`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a resource, such as `v1/projects/P/topics/T`.
    pub fn url(&self, resource: &str) -> String {
        format!("http://{}/{resource}", self.host())
    }

    /// Makes a topic or a subscription, unless it is there.
    ///
    /// # Errors
    /// [`EmulatorError`] if it is refused.
    pub async fn make(&self, resource: &str, body: &Value) -> Result<(), EmulatorError> {
        let answer = self.http.put(self.url(&format!("v1/{resource}"))).json(body).send().await?;
        match answer.status() {
            StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            status => Err(EmulatorError::Refused(status, resource.to_owned())),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It fails if the emulator has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The emulator beside the gcloud command: that command itself would ask to install and to log in.
fn program() -> Option<PathBuf> {
    let gcloud = Command::new("sh").args(["-c", "readlink -f \"$(command -v gcloud)\""]).output().ok()?;
    let gcloud = PathBuf::from(String::from_utf8(gcloud.stdout).ok()?.trim());
    let program = gcloud.ancestors().nth(2)?.join("platform/pubsub-emulator/bin/cloud-pubsub-emulator");
    let runs = || Command::new("java").arg("-version").output().is_ok_and(|java| java.status.success());
    (program.is_file() && runs()).then_some(program)
}
