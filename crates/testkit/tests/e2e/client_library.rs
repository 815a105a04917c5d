//! Our own client library, `ui-connector/desktop-client`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::support::{Console, Deployment, Process, Push, in_clients, in_time};

const CONVERSATION: &str = "projects/acme-support/conversations/library";

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui-connector/desktop-client")
}

#[track_caller]
fn npm(script: &str) {
    let output = Command::new("npm").args(["run", "--silent", script]).current_dir(library()).output().expect("npm");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// A desktop of the library, in a process of Node's.
struct Desktop {
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Desktop {
    fn open(url: &str, token: &str) -> Self {
        let mut process = tokio::process::Command::new("node")
            .arg(in_clients("client.mjs"))
            .args([url, token, CONVERSATION])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node");
        let output = BufReader::new(process.stdout.take().expect("its output")).lines();
        Self { output, _process: process }
    }

    async fn told(&mut self) -> Value {
        let line = in_time("a handler is told", self.output.next_line()).await.expect("its output").expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

#[test]
fn events_of_every_kind_fit_its_types() {
    npm("check");
}

#[tokio::test]
async fn it_gets_what_it_missed_and_asks_for_another_token_once() {
    npm("build");
    let mut deployment = Deployment::start(1).await;
    let mut desktop = Desktop::open(&deployment.connectors[0].url(""), &deployment.token().await);
    assert_eq!(desktop.told().await, json!(["asked", 1]));
    assert_eq!(desktop.told().await, json!(["connected", true]));
    assert_eq!(desktop.told().await, json!(["joined", CONVERSATION]));
    deployment.push(&Push::message(CONVERSATION, 1)).await;
    assert_eq!(desktop.told().await[1], "new-message-event");
    let port = deployment.connectors[0].port();
    deployment.connectors[0].kill();
    assert_eq!(desktop.told().await, json!(["connected", false]));
    deployment.push(&Push::message(CONVERSATION, 2)).await;
    deployment.connectors[0] = Process::spawn("ui-connector", port, &deployment.environment());
    assert_eq!(desktop.told().await, json!(["connected", true]));
    assert_eq!(desktop.told().await[0], "event");

    let mut stranger = Desktop::open(&deployment.connectors[0].url(""), "no.token.atall");
    assert_eq!(stranger.told().await, json!(["asked", 1]));
    assert_eq!(stranger.told().await, json!(["asked", 2]));
    assert_eq!(stranger.told().await, json!(["refused", "authentication failed"]));
}

/// The example, and the library that it loads from elsewhere.
fn site() -> Router {
    let page = std::fs::read_to_string(library().join("example.html")).expect("the example");
    let page = page.replace("https://cdn.socket.io/4.8.1/", "/");
    let script = std::fs::read_to_string(in_clients("node_modules/socket.io-client-4.8/dist/socket.io.min.js"));
    let script = ([("content-type", "text/javascript")], script.expect("the library"));
    Router::new().route("/", get(async || Html(page))).route("/socket.io.min.js", get(async || script))
}

#[tokio::test]
async fn the_example_page_shows_what_is_said_and_suggested() {
    let deployment = Deployment::start(1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, site()).await.expect("a server") });
    let connector = deployment.connectors[0].url("");
    let url = format!("{origin}/?connector={}&conversation={CONVERSATION}", connector.trim_end_matches('/'));
    let Some(mut page) = Console::open(&url) else { return };
    page.says("#state", &format!("joined {CONVERSATION}")).await;
    let said =
        json!({"conversation": CONVERSATION, "newMessagePayload": {"participantRole": "END_USER", "content": "Hello"}});
    deployment.push(&Push::new("new-message-event", "1", &said.to_string())).await;
    let replies = json!({"smartReplyAnswers": [{"reply": "Good morning!"}]});
    let suggested =
        json!({"conversation": CONVERSATION, "suggestionResults": [{"suggestSmartRepliesResponse": replies}]});
    deployment.push(&Push::new("human-agent-assistant-event", "2", &suggested.to_string())).await;
    page.says("#said li", "customer: Hello").await;
    page.says("#suggested li", "Good morning!").await;
    serving.abort();
}
