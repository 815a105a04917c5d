use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::process::{in_clients, screenshots};
use super::wait::in_time;
use super::{announce, browser};

/// The console in a real browser.
pub(crate) struct Console {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Console {
    /// Opens the console at `url`. Nothing, and says so, if there is no browser.
    pub(crate) fn open(url: &str) -> Option<Self> {
        Self::open_as(url, &json!({}))
    }

    /// The same with Playwright's options for a context, such as the size of the screen.
    pub(crate) fn open_as(url: &str, options: &Value) -> Option<Self> {
        let Some(browser) = browser() else {
            announce("SKIPPED: a test with a browser; `make test-tools` installs Chromium on Debian");
            return None;
        };
        let mut process = tokio::process::Command::new("node")
            .arg(in_clients("console.mjs"))
            .args([browser, url.to_owned(), options.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the browser's driver starts");
        let input = process.stdin.take().expect("its input");
        let output = BufReader::new(process.stdout.take().expect("its output")).lines();
        Some(Self { input, output, _process: process })
    }

    /// Carries out a command of `console.mjs`, or a method of Playwright's page.
    pub(crate) async fn call(&mut self, command: Value) -> Value {
        self.input.write_all(format!("{command}\n").as_bytes()).await.expect("the driver reads");
        let line = in_time("the browser answers", self.output.next_line()).await.expect("its output");
        let mut answer: Value = serde_json::from_str(&line.expect("an answer")).expect("JSON");
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["value"].take()
    }

    pub(crate) async fn click(&mut self, selector: &str) {
        self.call(json!(["click", selector])).await;
    }

    pub(crate) async fn fill(&mut self, selector: &str, text: &str) {
        self.call(json!(["fill", selector, text])).await;
    }

    /// Waits until something is there.
    pub(crate) async fn shows(&mut self, selector: &str) {
        self.call(json!(["waitForSelector", selector, {"state": "attached"}])).await;
    }

    /// Waits until something is there that has this text.
    pub(crate) async fn says(&mut self, selector: &str, text: &str) {
        self.call(json!(["says", selector, text])).await;
    }

    /// Waits until so many elements are there.
    pub(crate) async fn counts(&mut self, selector: &str, count: usize) {
        self.call(json!(["counted", selector, count])).await;
    }

    pub(crate) async fn texts(&mut self, selector: &str) -> Vec<String> {
        serde_json::from_value(self.call(json!(["texts", selector])).await).expect("texts")
    }

    /// Leaves a picture beside the folder of the build.
    pub(crate) async fn picture(&mut self, name: &str) {
        std::fs::create_dir_all(screenshots()).expect("a folder for the picture");
        self.call(json!(["picture", screenshots().join(name), false])).await;
    }

    /// Nothing went wrong in the page, and it has loaded nothing from elsewhere.
    pub(crate) async fn is_quiet(&mut self) {
        assert_eq!(self.call(json!(["quiet"])).await, json!({"complaints": [], "foreign": []}));
    }
}
