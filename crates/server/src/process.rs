//! The life of a process: read the environment, start, wait for a signal, drain, exit.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::env::{ConfigError, Env, EnvReader};
use crate::metrics;
use crate::tasks::TaskSet;
use crate::telemetry::{LogSettings, causes};

/// `EX_CONFIG` of sysexits: the process was given something that it cannot use.
const EX_CONFIG: u8 = 78;
/// Below this many cores a second runtime thread costs more in wake-ups than it brings.
const CORES_FOR_SEVERAL_THREADS: usize = 3;
/// Cloud Run kills 10 s after SIGTERM (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
pub const HARD_STOP: Duration = Duration::from_secs(8);
/// How long a scrape that is under way may still take.
const LAST_SCRAPE: Duration = Duration::from_millis(100);

/// What every process of ours is told.
#[derive(Debug)]
pub struct ProcessSettings {
    /// Address to listen on.
    pub address: IpAddr,
    /// TCP port to listen on.
    pub port: u16,
    /// Threads of the runtime.
    pub worker_threads: usize,
    /// Logs.
    pub log: LogSettings,
    /// Port of the metrics, if they are wanted.
    pub metrics_port: Option<u16>,
}

impl ProcessSettings {
    /// Reads `PORT`, `WORKER_THREADS` and the log settings. The address is all of the machine's.
    pub fn read(env: &mut EnvReader) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cores < CORES_FOR_SEVERAL_THREADS { 1 } else { cores };
        Self {
            address: Ipv4Addr::UNSPECIFIED.into(),
            port: env.parse("PORT", "a port number, 0 to 65535", 8080),
            worker_threads: env.parse_within("WORKER_THREADS", "1 to 1024", threads, |n| (1..=1024).contains(n)),
            log: LogSettings::read(env),
            metrics_port: metrics_port(env),
        }
    }
}

/// Nothing unless it is set: what is measured tells of the business.
fn metrics_port(env: &mut EnvReader) -> Option<u16> {
    env.text("METRICS_PORT")?;
    Some(env.parse("METRICS_PORT", "a port number, 0 to 65535", 0))
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
    #[error("could not start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The port is taken or not permitted.
    #[error("could not listen on port {0}; set PORT to a free one")]
    Listen(u16, #[source] std::io::Error),
    /// The port for metrics is taken or not permitted.
    #[error("could not listen on port {0} for metrics; set METRICS_PORT to a free one")]
    ListenForMetrics(u16, #[source] std::io::Error),
    /// Signals cannot be received.
    #[error("could not listen for signals")]
    Signal(#[source] std::io::Error),
    /// Something that the process needs could not be set up.
    #[error("could not be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

async fn serve<C: Config, F>(
    config: C,
    start: impl FnOnce(C, TcpListener, CancellationToken) -> F,
) -> Result<(), StartError>
where
    F: Future<Output = Result<(), StartError>>,
{
    let ProcessSettings { address, port, .. } = *config.process();
    let listener = TcpListener::bind((address, port)).await.map_err(|error| StartError::Listen(port, error))?;
    let stop = CancellationToken::new();
    let tasks = TaskSet::default();
    if let Some(port) = config.process().metrics_port {
        let listener = TcpListener::bind((address, port)).await;
        serve_metrics(listener.map_err(|error| StartError::ListenForMetrics(port, error))?, &tasks)?;
    }
    let signalled = wait_for_signal(stop.clone())?;
    let hard_stop = async {
        signalled.await;
        tokio::time::sleep(HARD_STOP).await;
    };
    let ended = tokio::select! {
        ended = start(config, listener, stop) => ended,
        () = hard_stop => {
            tracing::warn!(after = ?HARD_STOP, "not everything ended in time; stopping all the same");
            Ok(())
        }
    };
    tasks.shut_down(LAST_SCRAPE).await;
    ended
}

/// Metrics are there until the very end, so that what happens during a drain is seen.
fn serve_metrics(listener: TcpListener, tasks: &TaskSet) -> Result<(), StartError> {
    let setup = |error: Box<dyn std::error::Error + Send + Sync>| StartError::Setup(error);
    let handle = metrics::install().map_err(|error| setup(error.into()))?;
    let address = listener.local_addr().map_err(|error| setup(error.into()))?;
    tracing::info!(%address, "metrics are at /metrics");
    tasks.spawn("metrics", metrics::run(handle, listener, tasks.stop_signal()));
    Ok(())
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
    tracing::error!(error = %causes(error), "the process could not go on");
    ExitCode::FAILURE
}
