//! Pages in a real browser.

use std::process::Command;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::driver::Driver;
use crate::tools::{build_folder, in_clients, program};
use crate::wait::in_time;

/// A page, such as the connector's console.
#[derive(Debug)]
pub struct Page(Driver);

impl Page {
    /// Opens the page at `url`. Nothing if there is no browser: the test is to end.
    pub fn open(url: &str) -> Option<Self> {
        Self::open_as(url, &json!({}))
    }

    /// The same with Playwright's options for a context, such as the size of the screen.
    pub fn open_as(url: &str, options: &Value) -> Option<Self> {
        let browsers = ["chromium", "chromium-browser", "google-chrome"];
        let browser = program(&browsers, "`make test-tools` installs it on Debian.")?;
        let mut driver = Command::new("node");
        driver.arg(in_clients("console.mjs")).arg(browser).args([url, &options.to_string()]);
        Some(Self(Driver::start(&mut driver)))
    }

    /// Carries out a command of `console.mjs`, or a method of Playwright's page.
    pub async fn call(&mut self, command: Value) -> Value {
        self.0.send(&command).await;
        let mut answer = in_time("the browser answers", self.0.receive()).await.expect("an answer");
        assert!(answer["error"].is_null(), "{}", answer["error"]);
        answer["value"].take()
    }

    pub async fn click(&mut self, selector: &str) {
        self.call(json!(["click", selector])).await;
    }

    pub async fn fill(&mut self, selector: &str, text: &str) {
        self.call(json!(["fill", selector, text])).await;
    }

    /// Waits for an element.
    pub async fn shows(&mut self, selector: &str) {
        self.counts(selector, 1).await;
    }

    /// Waits for an element with this text.
    pub async fn says(&mut self, selector: &str, text: &str) {
        self.call(json!(["says", selector, text])).await;
    }

    /// Waits for this many elements.
    pub async fn counts(&mut self, selector: &str, count: usize) {
        self.call(json!(["counted", selector, count])).await;
    }

    /// The texts of all elements.
    pub async fn texts(&mut self, selector: &str) -> Vec<String> {
        serde_json::from_value(self.call(json!(["texts", selector])).await).expect("texts")
    }

    /// Writes a screenshot beside the folder of the build.
    pub async fn picture(&mut self, name: &str) {
        let folder = build_folder().with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for the picture");
        self.call(json!(["picture", folder.join(name), false])).await;
    }

    /// Checks that the page has reported no error, and has loaded nothing from another origin.
    pub async fn is_quiet(&mut self) {
        assert_eq!(self.call(json!(["quiet"])).await, json!({"complaints": [], "foreign": []}));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A killed driver leaves its browser behind for a while, which takes time from other tests. A failed test may be in
        // the middle of something, though, and is not waited for.
        if !std::thread::panicking() {
            self.0.finish();
        }
    }
}

/// Serves a page that loads socket.io-client from `/socket.io.min.js`; returns its URL.
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
