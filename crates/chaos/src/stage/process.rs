//! One process of ours, which can be broken and started again.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use broker::testing::free_port;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use crate::plan::Plan;

/// How long a process may take to end after SIGTERM; the platform kills after 10 s.
const GRACE: Duration = Duration::from_secs(10);

/// A process at its place.
pub(crate) struct Service {
    program: PathBuf,
    pub(crate) name: String,
    environment: Vec<(&'static str, String)>,
    port: u16,
    log: PathBuf,
    /// What is asked for readiness.
    probe: &'static str,
    child: Option<Child>,
}

impl Service {
    pub(crate) fn new(plan: &Plan, program: &str, number: usize, environment: &[(&'static str, String)]) -> Self {
        let name = format!("{program}-{number}");
        let probe = if program == "ui-connector" { "/ready" } else { "/status" };
        let (environment, log) = (environment.to_vec(), plan.logs.join(format!("{name}.log")));
        Self { program: plan.programs.join(program), name, environment, port: free_port(), log, probe, child: None }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Starts it, unless it runs.
    pub(crate) fn start(&mut self) {
        if self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|ended| ended.is_none())) {
            return;
        }
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("a file for the log");
        let child = Command::new(&self.program)
            .env_clear()
            .env("PORT", self.port.to_string())
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("the same file"))
            .stdout(log)
            .spawn();
        self.child = Some(
            child.unwrap_or_else(|error| panic!("{} does not start: {error}; build it first", self.program.display())),
        );
    }

    /// Whether it can do its work.
    pub(crate) async fn is_ready(&self) -> bool {
        let url = format!("http://{}{}", self.address(), self.probe);
        let client =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build().expect("an HTTP client");
        client.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It fails if the process has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end; false if it does not in time, or ends badly.
    pub(crate) async fn terminate(&mut self) -> bool {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while let Some(child) = &mut self.child {
            match child.try_wait().expect("the state of the process") {
                Some(status) => {
                    self.child = None;
                    return status.success();
                }
                None if Instant::now() > deadline => {
                    self.kill();
                    return false;
                }
                None => sleep(Duration::from_millis(10)).await,
            }
        }
        true
    }

    /// Takes the processor away from it.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            // It fails if the process has ended by itself.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}
