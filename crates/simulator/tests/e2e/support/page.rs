use std::process::{Command, Stdio};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

use super::process::in_clients;
use super::wait::in_time;

/// The path of a browser, if there is one.
pub(crate) fn browser() -> Option<String> {
    let look = "command -v chromium || command -v chromium-browser || command -v google-chrome";
    let found = Command::new("sh").args(["-c", look]).output().ok()?;
    String::from_utf8(found.stdout).ok()?.lines().next().map(str::to_owned)
}

/// A page of somebody's own, in a real browser: socket.io-client, and no code for recovery.
pub(crate) struct Page {
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
    site: JoinHandle<()>,
}

impl Page {
    /// Opens the page, which connects to `server` and joins the conversation.
    pub(crate) async fn open(browser: &str, server: &str, token: &str, conversation: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let site = tokio::spawn(async move { axum::serve(listener, site()).await.expect("the site") });
        let url = reqwest::Url::parse_with_params(
            &origin,
            [("server", server), ("token", token), ("conversation", conversation)],
        );
        let mut process = tokio::process::Command::new("node")
            .arg(in_clients("watch.mjs"))
            .args([url.expect("a URL").as_str(), browser])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the browser's driver starts");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("its output")).lines();
        Self { input, output, _process: process, site }
    }

    /// Waits until the page shows so many events.
    pub(crate) async fn shows(&mut self, count: usize) {
        while self.line().await.parse::<usize>().expect("a number") < count {}
    }

    /// What it shows in the end.
    pub(crate) async fn events(mut self) -> Vec<String> {
        self.input = None;
        loop {
            let line = self.line().await;
            if line.starts_with('[') {
                return serde_json::from_str(&line).expect("JSON");
            }
        }
    }

    async fn line(&mut self) -> String {
        let line = in_time("the page shows something", self.output.next_line()).await.expect("its output");
        line.expect("the browser goes on")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.site.abort();
    }
}

fn site() -> Router {
    let read = |path: &str| std::fs::read_to_string(in_clients(path)).expect("a file of the clients");
    let page = read("desktop.html");
    let library = read("node_modules/socket.io-client-4.8/dist/socket.io.min.js");
    let script = ([("content-type", "text/javascript")], library);
    Router::new().route("/", get(async || Html(page))).route("/socket.io.min.js", get(async || script))
}
