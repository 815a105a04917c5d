//! One process under measurement.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::launch::is_live;
use crate::wire::{http::HttpError, ticker::Ticker};

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serves desktops.
    Connector,
    /// Takes pushes.
    Interceptor,
    /// Does both.
    BothServices,
    /// Stands between them.
    Redis,
}

/// Why a process is not running as it should.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("{} cannot be started; is it built (or, for redis-server and nginx, installed)?", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended, or never answered.
    #[error("{} ended, or gave no good answer within {waited:?}; it wrote:\n{log}", program.display())]
    NotReady {
        /// The program.
        program: PathBuf,
        /// How long it had.
        waited: Duration,
        /// The end of its output.
        log: String,
        /// The last attempt.
        source: HttpError,
    },
    /// Files or ports for it could not be had.
    #[error("no folder, port or timer for the processes")]
    System(#[from] io::Error),
}

/// A child process; killed when dropped.
pub struct Process {
    /// What it does.
    pub role: Role,
    /// Its process id.
    pub pid: u32,
    /// From its start until it first answered, on all its ports.
    pub start_time: Duration,
    child: Child,
    program: PathBuf,
    log: PathBuf,
    started: Instant,
}

impl Process {
    /// Starts `command` with its output in `folder`.
    ///
    /// # Errors
    /// When the program is missing.
    pub(super) fn spawn(role: Role, mut command: Command, folder: &Path) -> Result<Self, ProcessError> {
        let program = PathBuf::from(command.as_std().get_program());
        let log = folder.join(format!("{role:?}.log"));
        let output = fs::File::create(&log)?;
        command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output).kill_on_drop(true);
        let started = Instant::now();
        let child = command.spawn().map_err(|source| ProcessError::Start { program: program.clone(), source })?;
        let pid = child.id().ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Self { role, pid, start_time: Duration::ZERO, child, program, log, started })
    }

    /// Starts `command` with its output in `folder`, and waits until it answers `path` at `address`.
    ///
    /// # Errors
    /// When the program is missing, ends at once, or does not answer in time.
    pub async fn start(
        role: Role,
        command: Command,
        folder: &Path,
        address: SocketAddr,
        path: &str,
    ) -> Result<Self, ProcessError> {
        let mut process = Self::spawn(role, command, folder)?;
        process.ready(async || is_live(address, path).await).await?;
        Ok(process)
    }

    /// Waits until `ask` succeeds.
    ///
    /// # Errors
    /// When the process ends or `ask` still fails after [`READY_TIMEOUT`].
    pub(super) async fn ready(&mut self, ask: impl AsyncFn() -> Result<(), HttpError>) -> Result<(), ProcessError> {
        // Short enough to time a start to a fraction of a ms, long enough to leave the processor to the process.
        let ticker = Ticker::every(Duration::from_micros(200))?;
        let mut last = HttpError::Closed;
        let asking = async {
            while self.child.try_wait()?.is_none() {
                match ask().await {
                    Ok(()) => return Ok(true),
                    Err(error) => last = error,
                }
                ticker.tick().await?;
            }
            io::Result::Ok(false)
        };
        match timeout(READY_TIMEOUT, asking).await {
            Ok(Ok(true)) => {
                self.start_time = self.started.elapsed();
                Ok(())
            }
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(false)) | Err(_) => Err(ProcessError::NotReady {
                program: self.program.clone(),
                waited: READY_TIMEOUT,
                log: self.last_words(),
                source: last,
            }),
        }
    }

    /// Sends SIGTERM, then SIGKILL after `patience`.
    pub(super) async fn stop(mut self, patience: Duration) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // Either call fails only when the process is gone already, which is what is wanted.
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(patience, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let end = &log[log.len().saturating_sub(2000)..];
        String::from_utf8_lossy(end).into_owned()
    }
}

const READY_TIMEOUT: Duration = Duration::from_secs(10);
