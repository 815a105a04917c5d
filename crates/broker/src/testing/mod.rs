//! Redis servers and clusters of its own for each test that needs one.
#![expect(clippy::expect_used, reason = "a test has no better answer to a missing server than to fail")]

mod cluster;
mod secured;
mod tls;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use cluster::RedisCluster;
pub use secured::SecuredCluster;
pub use tls::certify;

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `redis-server` on a free port, with nothing in it. It is killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    process: Option<Child>,
    directory: TempDir,
    arguments: Vec<String>,
    port: u16,
}

impl RedisServer {
    /// Starts a server.
    ///
    /// # Panics
    /// If `redis-server` is not installed or does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with further arguments, such as `--requirepass`. Relative paths are those
    /// of [`RedisServer::directory`].
    ///
    /// # Panics
    /// If `redis-server` is not installed or does not start.
    pub async fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(TempDir::new().expect("a temporary directory"), arguments).await
    }

    /// Starts a server with prepared files in its directory.
    ///
    /// # Panics
    /// If `redis-server` is not installed or does not start.
    pub async fn start_in(directory: TempDir, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut server = Self { process: None, directory, arguments, port: free_port() };
        while !server.launch().await {
            // Someone else took the port meanwhile.
            server.port = free_port();
        }
        server
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's port for TLS, if it has one.
    pub fn tls_port(&self) -> Option<u16> {
        self.argument("--tls-port")?.parse().ok()
    }

    /// The server's URL, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where the server runs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Kills the server at once, as a crash would. What it held is gone.
    ///
    /// # Panics
    /// If the process cannot be killed.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill redis-server");
            process.wait().expect("wait for redis-server");
        }
    }

    /// Whether it has not been killed.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts the killed server again, empty, on the same port.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        self.kill();
        assert!(self.launch().await, "redis-server does not start again on port {}", self.port);
    }

    /// Sends one command, like `redis-cli`.
    ///
    /// # Errors
    /// The server's answer, or that there is none.
    ///
    /// # Panics
    /// If `command` is empty.
    pub async fn try_cli(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let mut connection = redis::Client::open(self.admin_url())?.get_multiplexed_async_connection().await?;
        let (name, arguments) = command.split_first().expect("a command");
        redis::cmd(name).arg(arguments).query_async(&mut connection).await
    }

    /// Sends one command, like `redis-cli`, and reads the answer as a `T`.
    ///
    /// # Panics
    /// If the server refuses it or the answer is no `T`.
    pub async fn cli<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let answer = self.try_cli(command).await.expect("an answer of Redis");
        redis::from_redis_value(answer).expect("an answer of the expected type")
    }

    /// Starts the process; false if it ended again before it listened.
    async fn launch(&mut self) -> bool {
        let mut process = Command::new("redis-server")
            .current_dir(self.directory.path())
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server runs; install it by `apt-get install redis-server`");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if process.try_wait().expect("the state of redis-server").is_some() {
                return false;
            }
            if self.answers(process.id()).await {
                self.process = Some(process);
                return true;
            }
            assert!(Instant::now() < deadline, "redis-server does not answer on port {}", self.port);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether it is this server that answers, and not another test's on the same port.
    async fn answers(&self, id: u32) -> bool {
        let answer = self.try_cli(&["INFO", "server"]).await;
        let info: String = answer.ok().and_then(|value| redis::from_redis_value(value).ok()).unwrap_or_default();
        info.lines().any(|line| line.strip_prefix("process_id:") == Some(id.to_string().as_str()))
    }

    fn admin_url(&self) -> String {
        let password = self.argument("--requirepass");
        password.map_or_else(|| self.url(), |password| format!("redis://:{password}@127.0.0.1:{}", self.port))
    }

    /// Where other servers reach it.
    fn peer_port(&self) -> u16 {
        self.tls_port().unwrap_or(self.port)
    }

    /// What was given with an option.
    fn argument(&self, option: &str) -> Option<&str> {
        self.arguments.iter().skip_while(|argument| *argument != option).nth(1).map(String::as_str)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of 127.0.0.1 that was free just now.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
