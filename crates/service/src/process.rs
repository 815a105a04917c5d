//! The life of a process: read the environment, start, wait for a signal, drain, exit.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::env::{ConfigError, Env, EnvReader};
use crate::telemetry::LogSettings;

/// `EX_CONFIG` of sysexits: the process was given something that it cannot use.
const EX_CONFIG: u8 = 78;
/// Below this many cores a second runtime thread costs more in wake-ups than it brings.
const CORES_FOR_SEVERAL_THREADS: usize = 3;
/// Cloud Run kills 10 s after SIGTERM (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
pub const HARD_STOP: Duration = Duration::from_secs(8);

/// What every process of ours is told.
#[derive(Debug)]
pub struct ProcessSettings {
    /// TCP port to listen on, on all addresses.
    pub port: u16,
    /// Threads of the runtime.
    pub worker_threads: usize,
    /// Logs.
    pub log: LogSettings,
}

impl ProcessSettings {
    /// Reads `PORT`, `WORKER_THREADS` and the log settings.
    pub fn read(env: &mut EnvReader) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cores < CORES_FOR_SEVERAL_THREADS { 1 } else { cores };
        Self {
            port: env.parse("PORT", "a port number, 0 to 65535", 8080),
            worker_threads: env.parse_within("WORKER_THREADS", "1 to 1024", threads, |n| (1..=1024).contains(n)),
            log: LogSettings::read(env),
        }
    }
}

/// What a running process consists of, as far as [`run`] needs to know.
pub trait Config: Send + 'static {
    /// The settings that every process has.
    fn process(&self) -> &ProcessSettings;
}

/// Runs a process: reads the configuration, binds the port and calls `start` with the listener and
/// the signal to stop. `start` has [`HARD_STOP`] to return once the signal came.
///
/// Exit codes: 0 after a signal, 78 for an unusable configuration, 1 for everything else.
pub fn run<C: Config, F>(
    read: impl FnOnce(Env) -> Result<C, ConfigError>,
    start: impl FnOnce(C, TcpListener, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), StartError>>,
{
    let config = match read(Env::of_process()) {
        Ok(config) => config,
        Err(problems) => return refuse(&problems),
    };
    config.process().log.install();
    raise_open_files();
    match runtime(config.process().worker_threads).map(|runtime| runtime.block_on(serve(config, start))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&StartError::Runtime(error)),
    }
}

/// Why a process with a usable configuration could not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The runtime could not be built.
    #[error("could not start the runtime: {0}")]
    Runtime(#[source] std::io::Error),
    /// The port is taken or not permitted.
    #[error("could not listen on port {0}: {1}; set PORT to a free port")]
    Listen(u16, #[source] std::io::Error),
    /// Signals cannot be received.
    #[error("could not listen for signals: {0}")]
    Signal(#[source] std::io::Error),
    /// Something that the process needs could not be set up.
    #[error("{0}")]
    Setup(Box<dyn std::error::Error + Send + Sync>),
}

async fn serve<C: Config, F>(
    config: C,
    start: impl FnOnce(C, TcpListener, CancellationToken) -> F,
) -> Result<(), StartError>
where
    F: Future<Output = Result<(), StartError>>,
{
    let port = config.process().port;
    let listener = TcpListener::bind(("0.0.0.0", port)).await.map_err(|error| StartError::Listen(port, error))?;
    let stop = CancellationToken::new();
    let signalled = wait_for_signal(stop.clone())?;
    let hard_stop = async {
        signalled.await;
        tokio::time::sleep(HARD_STOP).await;
    };
    tokio::select! {
        ended = start(config, listener, stop) => ended,
        () = hard_stop => {
            tracing::warn!(after = ?HARD_STOP, "not everything ended in time; stopping all the same");
            Ok(())
        }
    }
}

/// SIGTERM is what Cloud Run sends, SIGINT what Ctrl-C does.
fn wait_for_signal(stop: CancellationToken) -> Result<impl Future<Output = ()>, StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signal)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM received, draining"),
            _ = interrupt.recv() => tracing::info!("SIGINT received, draining"),
        }
        stop.cancel();
    })
}

/// Every connection is an open file, and the usual soft limit of 1,024 is meant for programs that
/// use `select`. The hard limit is the operator's.
fn raise_open_files() {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limits.maximum, maximum: limits.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

fn runtime(threads: usize) -> std::io::Result<Runtime> {
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(threads).enable_all().build()
}

/// Goes to stderr: there is no logging yet, and people look there.
#[expect(clippy::print_stderr, reason = "the process has no other voice before logging is set up")]
fn refuse(problems: &ConfigError) -> ExitCode {
    eprintln!("{problems}");
    ExitCode::from(EX_CONFIG)
}

fn fail(error: &StartError) -> ExitCode {
    tracing::error!(%error, "the process could not go on");
    ExitCode::FAILURE
}
