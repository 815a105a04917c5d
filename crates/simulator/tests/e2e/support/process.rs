use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::ports::free_port;
use super::wait::eventually;

/// What [`Process::start`] waits for in the log: nobody else on this port can have written it.
const LISTENING: [&str; 3] = ["is listening", "in a browser", "playing"];
const PORT_TAKEN: &str = "could not listen on port";

/// One of our processes. It is killed when dropped, and its log is shown if the test failed.
pub(crate) struct Process {
    name: String,
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Process {
    /// Starts a process with nothing in its environment but `env`, and `PORT`; waits until it listens.
    pub(crate) async fn start(name: &str, env: &[(&str, &str)]) -> Self {
        loop {
            let port = free_port();
            let mut process = Self::spawn(name, port, env);
            if eventually("the process listens or ends", async || process.is_listening()).await {
                return process;
            }
            assert!(process.log().contains(PORT_TAKEN), "{name} has ended");
        }
    }

    /// Starts a process on a port, without waiting for anything.
    pub(crate) fn spawn(name: &str, port: u16, env: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary directory");
        let output = |name| File::create(folder.path().join(name)).expect("a file for the output");
        let child = Command::new(program(name))
            .current_dir(folder.path())
            .env_clear()
            .env("PORT", port.to_string())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name: name.to_owned(), child, folder, port }
    }

    /// Nothing yet, or whether it listens; false if it has ended.
    fn is_listening(&mut self) -> Option<bool> {
        if self.has_ended().is_some() {
            return Some(false);
        }
        LISTENING.iter().any(|text| self.log().contains(text)).then_some(true)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a path that begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What GET answers.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = http().get(self.url(path)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    /// Waits until GET answers with `status`.
    pub(crate) async fn answers(&self, path: &str, status: u16) {
        let what = format!("{} answers {path} with {status}", self.name);
        eventually(&what, async || (self.get(path).await.0 == status).then_some(())).await;
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Stops the process, as a platform does that gives it no processor.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets the frozen process go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Kills the process at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        // It fails if the process has ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("the exit status");
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, async || self.has_ended()).await
    }

    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of the process")
    }

    /// The memory that the process occupies, bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that it ever occupied, bytes.
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// What it has written to stdout.
    pub(crate) fn log(&self) -> String {
        self.output("stdout")
    }

    /// What it has written to stderr.
    pub(crate) fn stderr(&self) -> String {
        self.output("stderr")
    }

    fn output(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "a failed test shows what it captured")]
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            println!("--- {} on port {}:\n{}{}", self.name, self.port, self.log(), self.stderr());
        }
    }
}

/// The client of all requests that need nothing special.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(super::PATIENCE).build().expect("an HTTP client")
}

/// The program that stands beside the test program.
fn program(name: &str) -> PathBuf {
    let program = build_folder().join(name);
    assert!(program.is_file(), "{} is missing; build it first: cargo build --workspace", program.display());
    program
}

/// Where the tests leave pictures of pages: beside the folder of the build.
pub(crate) fn screenshots() -> PathBuf {
    build_folder().with_file_name("screenshots")
}

/// `target/debug` or `target/release`, wherever it is.
fn build_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test program");
    test.ancestors().nth(2).expect("the folder of the build").to_owned()
}

/// A file of the clients.
pub(crate) fn in_clients(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(path);
    assert!(path.exists(), "{} is missing; install it first: make test-tools", path.display());
    path
}
