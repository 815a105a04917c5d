//! The life of a process: read the environment, start, wait for a signal, drain, exit.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use settings::{ConfigError, Env, Reader};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::{Command, Program};
use crate::healthcheck::healthcheck;
use crate::metrics;
use crate::tasks::TaskSet;
use crate::telemetry::{LogSettings, causes};
use crate::variables::{METRICS_PORT, PORT, WORKER_THREADS};

/// `EX_USAGE` and `EX_CONFIG` of `sysexits.h`.
const EX_USAGE: u8 = 64;
const EX_CONFIG: u8 = 78;
/// Below this many cores a second runtime thread costs more in wake-ups than it brings.
const CORES_FOR_SEVERAL_THREADS: usize = 3;
/// Cloud Run kills 10 s after SIGTERM (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
pub const HARD_STOP: Duration = Duration::from_secs(8);
/// How long a scrape that is under way may still take.
const LAST_SCRAPE: Duration = Duration::from_millis(100);

/// What every process is configured with.
#[derive(Debug)]
pub struct ProcessSettings {
    pub address: IpAddr,
    pub port: u16,
    pub worker_threads: usize,
    pub log: LogSettings,
    /// Port of the metrics. Without it nothing is measured.
    pub metrics_port: Option<u16>,
}

impl ProcessSettings {
    /// Reads `PORT`, `WORKER_THREADS`, `METRICS_PORT` and the log settings. The address is all of the machine's; `project` is the
    /// one that has the traces to which log lines belong.
    pub fn read(env: &mut Reader, project: Option<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cores < CORES_FOR_SEVERAL_THREADS { 1 } else { cores };
        Self {
            address: Ipv4Addr::UNSPECIFIED.into(),
            port: PORT.read(env),
            worker_threads: WORKER_THREADS.read(env).unwrap_or(threads),
            log: LogSettings::read(env, project),
            metrics_port: METRICS_PORT.read(env),
        }
    }
}

/// Where a process listens, and until when.
#[derive(Debug)]
pub struct Listening {
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub metrics: Option<SocketAddr>,
    pub stop: CancellationToken,
}

/// Does what the command line asks of `program`; without arguments it runs: `read` gives its configuration, and `start` has
/// [`HARD_STOP`] to return after the signal to stop.
///
/// Exit codes: 0 after a signal, 64 for unknown arguments, 78 for an unusable configuration, 1 for everything else.
pub fn run<C, F>(
    program: &Program,
    read: impl FnOnce(Env) -> Result<(ProcessSettings, C), ConfigError>,
    start: impl FnOnce(C, Listening) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), StartError>>,
{
    let environment = Env::of_process();
    match Command::read(std::env::args_os().skip(1)) {
        Ok(Command::Run) => match read(environment) {
            Ok((settings, config)) => live(&settings, |listening| start(config, listening)),
            Err(problems) => complain(EX_CONFIG, &problems.to_string()),
        },
        Ok(Command::CheckConfig) => check(program, &environment, read(environment.clone()).err().as_ref()),
        Ok(Command::HealthCheck) => probe(environment),
        Ok(Command::Help) => say(&program.to_string()),
        Ok(Command::Version) => say(&program.version()),
        Err(unknown) => complain(EX_USAGE, &format!("{unknown}\n{}", program.usage())),
    }
}

fn check(program: &Program, environment: &Env, problems: Option<&ConfigError>) -> ExitCode {
    for (name, known) in environment.misspelt(program.variables) {
        complain(0, &format!("{name}: unknown, has no effect; did you mean {known}?"));
    }
    match problems {
        Some(problems) => complain(EX_CONFIG, &problems.to_string()),
        None => say("the configuration is valid"),
    }
}

fn probe(environment: Env) -> ExitCode {
    let mut env = environment.reader();
    let port = PORT.read(&mut env);
    match env.finish(Some(port)) {
        Ok(port) => match runtime(1).map_err(Into::into).and_then(|runtime| runtime.block_on(healthcheck(port))) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(1, &causes(&error).to_string()),
        },
        Err(problems) => complain(EX_CONFIG, &problems.to_string()),
    }
}

fn live<F>(settings: &ProcessSettings, start: impl FnOnce(Listening) -> F) -> ExitCode
where
    F: Future<Output = Result<(), StartError>>,
{
    settings.log.install();
    raise_open_files();
    let ended = runtime(settings.worker_threads).map_err(StartError::Runtime);
    match ended.and_then(|runtime| runtime.block_on(serve(settings, start))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %causes(&error), "the process failed");
            ExitCode::FAILURE
        }
    }
}

/// Why a process with a usable configuration could not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("could not start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("could not listen on port {0}; set PORT to a free one")]
    Listen(u16, #[source] std::io::Error),
    #[error("could not listen on port {0} for metrics; set METRICS_PORT to a free one")]
    ListenForMetrics(u16, #[source] std::io::Error),
    #[error("could not listen for signals")]
    Signal(#[source] std::io::Error),
    /// Something that the process needs could not be set up.
    #[error("could not be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StartError {
    /// An error of something that the process needs.
    pub fn setup(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Setup(error.into())
    }
}

async fn serve<F>(settings: &ProcessSettings, start: impl FnOnce(Listening) -> F) -> Result<(), StartError>
where
    F: Future<Output = Result<(), StartError>>,
{
    let ProcessSettings { address, port, metrics_port, .. } = *settings;
    let listener = TcpListener::bind((address, port)).await.map_err(|error| StartError::Listen(port, error))?;
    let bound = listener.local_addr().map_err(StartError::setup)?;
    let tasks = TaskSet::default();
    let metrics = match metrics_port {
        Some(port) => {
            let listener = TcpListener::bind((address, port)).await;
            Some(serve_metrics(listener.map_err(|error| StartError::ListenForMetrics(port, error))?, &tasks)?)
        }
        None => None,
    };
    let stop = CancellationToken::new();
    let signalled = wait_for_signal(stop.clone())?;
    let hard_stop = async {
        signalled.await;
        tokio::time::sleep(HARD_STOP).await;
    };
    let ended = tokio::select! {
        ended = start(Listening { listener, address: bound, metrics, stop }) => ended,
        () = hard_stop => {
            tracing::warn!(after = ?HARD_STOP, "shutdown deadline exceeded; exiting");
            Ok(())
        }
    };
    tasks.shut_down(LAST_SCRAPE).await;
    ended
}

/// Metrics are served until the very end, so that what happens during a drain is seen.
fn serve_metrics(listener: TcpListener, tasks: &TaskSet) -> Result<SocketAddr, StartError> {
    let handle = metrics::install().map_err(StartError::setup)?;
    let address = listener.local_addr().map_err(StartError::setup)?;
    tasks.spawn("metrics", metrics::run(handle, listener, tasks.stop_signal()));
    Ok(address)
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

/// Raises the soft limit of open files to the hard one. Every connection is an open file, and the usual soft limit of 1,024 is
/// meant for programs that use `select`.
fn raise_open_files() {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limits.maximum, maximum: limits.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "failed to raise the limit of open files; fewer connections fit");
    }
}

fn runtime(threads: usize) -> std::io::Result<Runtime> {
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(threads).enable_all().build()
}

#[expect(clippy::print_stdout, reason = "what a command line asks for goes to stdout")]
fn say(text: &str) -> ExitCode {
    println!("{}", text.trim_end());
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there is no logging yet, and people look there")]
fn complain(code: u8, reason: &str) -> ExitCode {
    eprintln!("{reason}");
    ExitCode::from(code)
}
