//! Pages in a real browser.

use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{ChildStdin, ChildStdout};

use crate::tools::{build_folder, in_clients, program};
use crate::wait::in_time;

/// A page, such as the connector's console.
#[derive(Debug)]
pub struct Page {
    /// The browser ends with it.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    process: Child,
}

impl Page {
    /// Opens the page at `url`. Nothing if there is no browser: the test is to end.
    pub fn open(url: &str) -> Option<Self> {
        Self::open_as(url, &json!({}))
    }

    /// The same with Playwright's options for a context, such as the size of the screen.
    pub fn open_as(url: &str, options: &Value) -> Option<Self> {
        let browsers = ["chromium", "chromium-browser", "google-chrome"];
        let browser = program(&browsers, "`make test-tools` installs it on Debian.")?;
        let mut process = Command::new("node")
            .arg(in_clients("console.mjs"))
            .arg(browser)
            .args([url, &options.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the browser's driver starts");
        let input = process.stdin.take().map(|input| ChildStdin::from_std(input).expect("its input"));
        let output = process.stdout.take().map(|output| ChildStdout::from_std(output).expect("its output"));
        Some(Self { input, output: BufReader::new(output.expect("a pipe")).lines(), process })
    }

    /// Carries out a command of `console.mjs`, or a method of Playwright's page.
    pub async fn call(&mut self, command: Value) -> Value {
        let input = self.input.as_mut().expect("an input until the end");
        input.write_all(format!("{command}\n").as_bytes()).await.expect("the driver reads");
        let line = in_time("the browser answers", self.output.next_line()).await.expect("its output");
        let mut answer: Value = serde_json::from_str(&line.expect("an answer")).expect("JSON");
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["value"].take()
    }

    /// Clicks on an element.
    pub async fn click(&mut self, selector: &str) {
        self.call(json!(["click", selector])).await;
    }

    /// Writes into a field.
    pub async fn fill(&mut self, selector: &str, text: &str) {
        self.call(json!(["fill", selector, text])).await;
    }

    /// Waits until something is there.
    pub async fn shows(&mut self, selector: &str) {
        self.call(json!(["waitForSelector", selector, {"state": "attached"}])).await;
    }

    /// Waits until something is there that has this text.
    pub async fn says(&mut self, selector: &str, text: &str) {
        self.call(json!(["says", selector, text])).await;
    }

    /// Waits until so many elements are there.
    pub async fn counts(&mut self, selector: &str, count: usize) {
        self.call(json!(["counted", selector, count])).await;
    }

    /// The texts of all elements.
    pub async fn texts(&mut self, selector: &str) -> Vec<String> {
        serde_json::from_value(self.call(json!(["texts", selector])).await).expect("texts")
    }

    /// Leaves a picture beside the folder of the build.
    pub async fn picture(&mut self, name: &str) {
        let folder = build_folder().with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for the picture");
        self.call(json!(["picture", folder.join(name), false])).await;
    }

    /// Nothing went wrong in the page, and it has loaded nothing from elsewhere.
    pub async fn is_quiet(&mut self) {
        assert_eq!(self.call(json!(["quiet"])).await, json!({"complaints": [], "foreign": []}));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.input = None;
        if std::thread::panicking() {
            // It may be in the middle of something. It fails if the driver has ended by itself.
            let _ = self.process.kill();
        }
        // Otherwise the browser would go on for a while, and take time from other tests.
        let _ = self.process.wait();
    }
}

/// Serves a page that loads socket.io-client from `/socket.io.min.js`; the answer is its URL.
pub async fn serve(page: String) -> String {
    let library = in_clients("node_modules/socket.io-client-4.8/dist/socket.io.min.js");
    let library = std::fs::read_to_string(library).expect("the library");
    let script = ([("content-type", "text/javascript")], library);
    let site = Router::new().route("/", get(async || Html(page))).route("/socket.io.min.js", get(async || script));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async { axum::serve(listener, site).await.expect("the site") });
    url
}
