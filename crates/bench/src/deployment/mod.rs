//! What is measured: the services, their one-process build, or the peer, each with a Redis of its own.

mod launch;
mod ports;
mod process;
mod redis;
mod secret;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use ports::free_address;
pub use process::{Process, ProcessError, Role};

/// The Google Cloud project that all benchmark conversations belong to.
pub const PROJECT: &str = "bench-project";

/// Programs that can be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `ui-connector` and `cloud-pubsub-interceptor` from this folder.
    Services(PathBuf),
    /// The same with the example `publish_only` for an interceptor: what the log costs.
    WithoutLog {
        /// Folder of `ui-connector`.
        programs: PathBuf,
        /// The example.
        interceptor: PathBuf,
    },
    /// One program that is both services and needs no Redis.
    Embedded(PathBuf),
    /// The example `bare_relay`.
    BareRelay(PathBuf),
}

impl Target {
    /// Heading of its column.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Services(_) => "services",
            Self::WithoutLog { .. } => "without log",
            Self::Embedded(_) => "embedded",
            Self::BareRelay(_) => "bare relay",
        }
    }

    /// The programs that it consists of.
    pub fn programs(&self) -> Vec<PathBuf> {
        match self {
            Self::Services(folder) => vec![folder.join(launch::CONNECTOR), folder.join(launch::INTERCEPTOR)],
            Self::WithoutLog { programs, interceptor } => vec![programs.join(launch::CONNECTOR), interceptor.clone()],
            Self::Embedded(program) | Self::BareRelay(program) => vec![program.clone()],
        }
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When a program is missing, ends at once, or does not answer in time.
    pub async fn start(&self) -> Result<Deployment, ProcessError> {
        launch::start(self, &[]).await
    }

    /// The same with more in the connector's environment.
    ///
    /// # Errors
    /// As for [`Target::start`].
    pub async fn start_with(&self, environment: &[(&str, String)]) -> Result<Deployment, ProcessError> {
        launch::start(self, environment).await
    }
}

/// A running [`Target`]; dropping it kills all its processes.
pub struct Deployment {
    /// Where desktops connect to.
    pub connector: SocketAddr,
    /// Where Pub/Sub pushes to.
    pub interceptor: SocketAddr,
    processes: Vec<Process>,
    // After the processes: they write into it until they end.
    _folder: tempfile::TempDir,
}

impl Deployment {
    /// Its processes.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// The process that serves desktops.
    pub fn connector_process(&self) -> Option<&Process> {
        let serves = |role| matches!(role, Role::Connector | Role::BothServices);
        self.processes.iter().find(|process| serves(process.role))
    }

    /// The Redis of this deployment, if it has one.
    pub fn redis_process(&self) -> Option<&Process> {
        self.processes.iter().find(|process| process.role == Role::Redis)
    }

    /// Stops all processes: a request first, force after a while.
    pub async fn stop(self) {
        for process in self.processes {
            process.stop(STOP_TIMEOUT).await;
        }
    }
}

/// The services promise to be gone 8 s after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(9);
