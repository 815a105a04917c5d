//! Our own client library, `ui-connector/desktop-client`.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use testkit::{Deployment, Driver, Page, Push, in_time, repository, serve, talk};

fn library() -> PathBuf {
    repository("ui-connector/desktop-client")
}

fn build() {
    let output = Command::new("npm").args(["run", "--silent", "build"]).current_dir(library()).output().expect("npm");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// A desktop of the library, in a process of Node.js.
fn open(url: &str, token: &str) -> Driver {
    Driver::start(Command::new("node").arg(repository("crates/testkit/clients/client.mjs")).args([url, token, &talk()]))
}

/// Returns what the next handler gets.
async fn next(desktop: &mut Driver) -> Value {
    in_time("a handler is called", desktop.receive()).await.expect("a line")
}

#[tokio::test]
async fn it_gets_missed_events_and_asks_for_another_token_once() {
    build();
    let mut deployment = Deployment::start(1).await;
    let mut desktop = open(&deployment.connectors[0].url(""), &deployment.token().await);
    assert_eq!(next(&mut desktop).await, json!(["asked", 1]));
    assert_eq!(next(&mut desktop).await, json!(["connected", true]));
    assert_eq!(next(&mut desktop).await, json!(["joined", talk()]));
    deployment.push(&Push::message(&talk(), 1)).await;
    assert_eq!(next(&mut desktop).await[1], "new-message-event");
    deployment.connectors[0].kill();
    assert_eq!(next(&mut desktop).await, json!(["connected", false]));
    deployment.push(&Push::message(&talk(), 2)).await;
    deployment.connectors[0].restart().await;
    assert_eq!(next(&mut desktop).await, json!(["connected", true]));
    assert_eq!(next(&mut desktop).await[0], "event");

    let mut unauthorized = open(&deployment.connectors[0].url(""), "no.token.atall");
    assert_eq!(next(&mut unauthorized).await, json!(["asked", 1]));
    assert_eq!(next(&mut unauthorized).await, json!(["asked", 2]));
    assert_eq!(next(&mut unauthorized).await, json!(["refused", "authentication failed"]));
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
