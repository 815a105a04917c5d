use std::fs;
use std::ops::Deref;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use redis::from_redis_value;
use tempfile::TempDir;

use super::Redis;
use crate::process::free_port;
use crate::wait::eventually;

/// A `redis-server` of one test, with nothing in it. It is killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    redis: Redis,
    process: Option<Child>,
    folder: PathBuf,
    arguments: Vec<String>,
    /// Removes the folder in the end. There is none if the server outlives the test.
    guard: Option<TempDir>,
}

impl RedisServer {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with further arguments, such as `--requirepass`. Relative paths are those
    /// of [`RedisServer::directory`].
    pub async fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(TempDir::new().expect("a temporary directory"), arguments).await
    }

    /// Starts a server with prepared files in its directory.
    pub async fn start_in(folder: TempDir, arguments: &[&str]) -> Self {
        Self::launched(folder.path().to_owned(), Some(folder), arguments).await
    }

    /// Starts a server that can outlive the test.
    pub(super) async fn start_for_run(folder: PathBuf, arguments: &[&str]) -> Self {
        fs::create_dir_all(&folder).expect("a folder for the server");
        Self::launched(folder, None, arguments).await
    }

    async fn launched(folder: PathBuf, guard: Option<TempDir>, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        let password = argument(&arguments, "--requirepass").map(str::to_owned);
        let redis = Redis { port: free_port(), password };
        let mut server = Self { redis, process: None, folder, arguments, guard };
        while !server.launch().await {
            // Another program took the port meanwhile.
            server.redis.port = free_port();
        }
        server
    }

    /// The server's port for TLS, if it has one.
    pub fn tls_port(&self) -> Option<u16> {
        self.argument("--tls-port")?.parse().ok()
    }

    pub fn directory(&self) -> &Path {
        &self.folder
    }

    pub fn id(&self) -> u32 {
        self.process.as_ref().expect("a running server").id()
    }

    /// Kills the server at once, as a crash would. What it held is gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill redis-server");
            process.wait().expect("wait for redis-server");
        }
    }

    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts the killed server again, empty, on the same port.
    pub async fn restart(&mut self) {
        self.kill();
        assert!(self.launch().await, "redis-server does not start again on port {}", self.port());
    }

    /// Lets the server outlive this value; returns its process id.
    pub(super) fn leave(mut self) -> u32 {
        self.process.take().expect("a running server").id()
    }

    /// Starts the process; false if it ended again before it listened.
    async fn launch(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command
            .current_dir(&self.folder)
            .args(["--bind", "127.0.0.1", "--port", &self.port().to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if self.guard.is_none() {
            // It must not end with the test that happens to start it.
            command.process_group(0);
        }
        let mut process = command.spawn().expect("redis-server runs; install it by `apt-get install redis-server`");
        let answers = eventually("redis-server answers", async || {
            if process.try_wait().expect("the state of redis-server").is_some() {
                return Some(false);
            }
            self.answers(process.id()).await.then_some(true)
        });
        let answers = answers.await;
        self.process = answers.then_some(process);
        answers
    }

    /// Whether it is this server that answers, and not another test's on the same port.
    async fn answers(&self, id: u32) -> bool {
        let answer = self.try_cli(&["INFO", "server"]).await;
        let info: String = answer.ok().and_then(|value| from_redis_value(value).ok()).unwrap_or_default();
        info.lines().any(|line| line.strip_prefix("process_id:") == Some(id.to_string().as_str()))
    }

    /// Where other servers reach it.
    pub(super) fn peer_port(&self) -> u16 {
        self.tls_port().unwrap_or(self.port())
    }

    /// What was given with an option.
    pub(super) fn argument(&self, option: &str) -> Option<&str> {
        argument(&self.arguments, option)
    }
}

fn argument<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    arguments.iter().skip_while(|argument| *argument != option).nth(1).map(String::as_str)
}

impl Deref for RedisServer {
    type Target = Redis;

    fn deref(&self) -> &Redis {
        &self.redis
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
