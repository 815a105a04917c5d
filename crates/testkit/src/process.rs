//! Our programs as processes.

use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::http::{http, response};
use crate::tools::build_folder;
use crate::wait::{eventually, in_time, until};

#[derive(Debug, Clone)]
pub struct Launch {
    pub program: PathBuf,
    /// What the process is called in messages, and its log.
    pub name: String,
    /// All that is in its environment, besides `PORT`, which is 0 if it is not here.
    pub environment: Vec<(String, String)>,
    /// Where it runs, and writes `<name>.out` and `<name>.err`; nothing for a folder of its own.
    pub folder: Option<PathBuf>,
}

impl Launch {
    /// One of the programs that cargo builds beside the test.
    pub fn new(program: &str, environment: &[(&str, &str)]) -> Self {
        let path = build_folder().join(program);
        assert!(path.is_file(), "{} is missing; build it first: cargo build --workspace --bins", path.display());
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { program: path, name: program.to_owned(), environment, folder: None }
    }
}

/// One of our processes. It is killed when dropped, and its log is shown if the test failed.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    child: Child,
    folder: PathBuf,
    port: Option<u16>,
    /// Bytes of the log that are of former lives.
    read: usize,
    _guard: Option<TempDir>,
}

impl Process {
    /// Starts a program with nothing in its environment but `environment`; waits until it listens, on a port that
    /// the system chooses.
    pub async fn start(program: &str, environment: &[(&str, &str)]) -> Self {
        Self::launch(Launch::new(program, environment)).await
    }

    /// Starts a process and waits until it listens.
    pub async fn launch(launch: Launch) -> Self {
        let mut process = Self::spawn(launch);
        assert!(process.listens().await, "{} has ended", process.launch.name);
        process
    }

    /// Starts a process without waiting for anything.
    pub fn spawn(launch: Launch) -> Self {
        let guard = launch.folder.is_none().then(|| TempDir::new().expect("a temporary directory"));
        let own = guard.as_ref().map(|guard| guard.path().to_owned());
        let folder = launch.folder.clone().or(own).expect("one of them");
        for kind in ["out", "err"] {
            // What an earlier run has left there would be taken for this one's.
            let _ = fs::remove_file(folder.join(format!("{}.{kind}", launch.name)));
        }
        let child = run(&launch, &folder, 0);
        Self { launch, child, folder, port: None, read: 0, _guard: guard }
    }

    /// Kills the process if it still runs, and starts it again on the same port; waits until it listens.
    pub async fn restart(&mut self) {
        self.kill();
        let port = self.port();
        let again = async {
            loop {
                self.read = self.log().len();
                self.child = run(&self.launch, &self.folder, port);
                // A client of another process may have the port for a while.
                if self.listens().await {
                    break;
                }
            }
        };
        in_time("the process listens again", again).await;
    }

    /// Waits until the log says where the process listens; false if it has ended instead.
    async fn listens(&mut self) -> bool {
        let listens = eventually("the process listens or ends", async || {
            self.port = self.logged_port("address");
            if self.port.is_some() {
                return Some(true);
            }
            self.has_ended().map(|_| false)
        });
        listens.await
    }

    /// The port in a field of the line that says that the process listens.
    fn logged_port(&self, field: &str) -> Option<u16> {
        let log = self.log();
        let line = log.get(self.read..)?.lines().find(|line| line.contains("is listening"))?;
        let (_, address) = line.split_once(field)?;
        let digits = address.split_once(|letter: char| letter.is_ascii_digit())?.1.split_once(':')?.1;
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    }

    pub fn name(&self) -> &str {
        &self.launch.name
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The port that it listens on, or has listened on.
    pub fn port(&self) -> u16 {
        self.port.expect("a process that has listened")
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// The URL of a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Returns the status and the text of the response to a GET.
    pub async fn get(&self, path: &str) -> (u16, String) {
        response(http().get(self.url(path))).await
    }

    /// Waits until GET answers with `status`.
    pub async fn answers(&self, path: &str, status: u16) {
        let what = format!("{} answers {path} with {status}", self.launch.name);
        until(&what, async || self.get(path).await.0 == status).await;
    }

    /// Returns its metrics. It must have been started with `METRICS_PORT` 0.
    pub async fn metrics(&self) -> String {
        let port = self.logged_port("metrics").expect("a process with metrics");
        let (status, metrics) = response(http().get(format!("http://127.0.0.1:{port}/metrics"))).await;
        assert_eq!(status, 200, "{metrics}");
        metrics
    }

    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Stops the process, like a platform that gives it no CPU time.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        // It fails if the process has ended by itself.
        let _ = kill_process(pid, signal);
    }

    /// Kills the process at once, as a crash would.
    pub fn kill(&mut self) {
        // It fails if the process has ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("the exit status");
    }

    /// Waits until the process has ended by itself.
    pub async fn end(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.launch.name);
        eventually(&what, async || self.has_ended()).await
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of the process")
    }

    /// The memory that the process occupies, bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that it ever occupied, bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    pub fn log(&self) -> String {
        self.output("out")
    }

    pub fn stderr(&self) -> String {
        self.output("err")
    }

    fn output(&self, kind: &str) -> String {
        let bytes = fs::read(self.folder.join(format!("{}.{kind}", self.launch.name))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn run(launch: &Launch, folder: &Path, port: u16) -> Child {
    let output = |kind: &str| {
        let path = folder.join(format!("{}.{kind}", launch.name));
        OpenOptions::new().create(true).append(true).open(path).expect("a file for the output")
    };
    let mut command = Command::new(&launch.program);
    command.current_dir(folder).env_clear().envs(launch.environment.iter().map(|(name, value)| (name, value)));
    if port != 0 || !launch.environment.iter().any(|(name, _)| name == "PORT") {
        command.env("PORT", port.to_string());
    }
    command.stdin(Stdio::null()).stdout(output("out")).stderr(output("err"));
    command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", launch.program.display()))
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "a failed test shows what it captured")]
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            println!("--- {} on port {:?}:\n{}{}", self.launch.name, self.port, self.log(), self.stderr());
        }
    }
}

/// Returns a free port, for programs that do not choose one themselves. It is below the range from which
/// the system gives ports to clients, so that no client takes it meanwhile.
pub fn free_port() -> u16 {
    let mut candidates = std::iter::repeat_with(|| rand::random_range(12_000..32_000));
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok();
    candidates.find(is_free).expect("there are many")
}
