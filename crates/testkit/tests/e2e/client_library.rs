//! Our own client library, `ui-connector/desktop-client`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::{Deployment, Page, Push, in_time, repository, serve, talk};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

fn library() -> PathBuf {
    repository("ui-connector/desktop-client")
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
            .arg(repository("crates/testkit/clients/client.mjs"))
            .args([url, token, &talk()])
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
    assert_eq!(desktop.told().await, json!(["joined", talk()]));
    deployment.push(&Push::message(&talk(), 1)).await;
    assert_eq!(desktop.told().await[1], "new-message-event");
    deployment.connectors[0].kill();
    assert_eq!(desktop.told().await, json!(["connected", false]));
    deployment.push(&Push::message(&talk(), 2)).await;
    deployment.connectors[0].restart().await;
    assert_eq!(desktop.told().await, json!(["connected", true]));
    assert_eq!(desktop.told().await[0], "event");

    let mut stranger = Desktop::open(&deployment.connectors[0].url(""), "no.token.atall");
    assert_eq!(stranger.told().await, json!(["asked", 1]));
    assert_eq!(stranger.told().await, json!(["asked", 2]));
    assert_eq!(stranger.told().await, json!(["refused", "authentication failed"]));
}

#[tokio::test]
async fn the_example_page_shows_what_is_said_and_suggested() {
    let deployment = Deployment::start(1).await;
    let page = std::fs::read_to_string(library().join("example.html")).expect("the example");
    let origin = serve(page.replace("https://cdn.socket.io/4.8.1/", "/")).await;
    let connector = deployment.connectors[0].url("");
    let url = format!("{origin}/?connector={}&conversation={}", connector.trim_end_matches('/'), talk());
    let Some(mut page) = Page::open(&url) else { return };
    page.says("#state", &format!("joined {}", talk())).await;
    let said =
        json!({"conversation": talk(), "newMessagePayload": {"participantRole": "END_USER", "content": "Hello"}});
    deployment.push(&Push::new("new-message-event", "1", &said.to_string())).await;
    let replies = json!({"smartReplyAnswers": [{"reply": "Good morning!"}]});
    let suggested = json!({"conversation": talk(), "suggestionResults": [{"suggestSmartRepliesResponse": replies}]});
    deployment.push(&Push::new("human-agent-assistant-event", "2", &suggested.to_string())).await;
    page.says("#said li", "customer: Hello").await;
    page.says("#suggested li", "Good morning!").await;
}
