//! The console in a real browser.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Deployment, Process, Push, announce, browser, free_port, in_clients, screenshots};

/// What the demo shows within its first seconds.
const DEMO: [&str; 6] = [
    "#transcript .notice",
    "#transcript .interim",
    "#transcript .END_USER:not(.interim)",
    "#transcript .HUMAN_AGENT:not(.interim)",
    "#suggestions article:nth-of-type(3)",
    "#transcript li:nth-of-type(5)",
];

/// What a browser sees on a page; nothing if there is no browser.
async fn browse(url: &str, picture: &str, selectors: &[&str]) -> Option<Value> {
    let Some(browser) = browser() else {
        announce("SKIPPED: a test with a browser; `make test-tools` installs Chromium on Debian");
        return None;
    };
    let folder = screenshots();
    fs::create_dir_all(&folder).expect("a folder for the picture");
    let page = tokio::process::Command::new("node")
        .arg(in_clients("browser.mjs"))
        .args([url, &browser])
        .arg(folder.join(picture))
        .arg(json!(selectors).to_string())
        .kill_on_drop(true)
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("the browser's driver starts");
    assert!(page.status.success(), "the page does not show what is expected");
    Some(serde_json::from_slice(&page.stdout).expect("JSON"))
}

fn assert_quiet(page: &Value) {
    assert_eq!(page["complaints"], json!([]));
    assert_eq!(page["foreign"], json!([]), "the page loads something from elsewhere");
}

#[tokio::test]
async fn the_demo_shows_a_conversation() {
    let demo = Process::start("demo", &[("INTERCEPTOR_PORT", &free_port().to_string())]).await;
    let Some(page) = browse(&demo.url("/"), "demo.png", &DEMO).await else { return };
    assert_quiet(&page);
    assert_eq!(page["state"], "connected to projects/demo-project/conversations/demo-conversation");
    let transcript = page["transcript"].to_string();
    assert!(transcript.contains("Harbour Books"), "{transcript}");
}

#[tokio::test]
async fn what_people_say_is_text_and_never_markup() {
    let conversation = "projects/acme-support/conversations/demo-conversation";
    let deployment = Deployment::start(1).await;
    let markup = "<img src=x onerror='alert(1)'><b>bold</b>";
    let said = json!({
        "conversation": conversation, "type": "NEW_MESSAGE",
        "newMessagePayload": {"participantRole": "END_USER", "content": markup},
    });
    let suggested = json!({
        "conversation": conversation,
        "suggestionResults": [{"suggestFaqAnswersResponse": {"faqAnswers": [{"question": markup, "answer": markup}]}}],
    });
    deployment.push(&Push::new("new-message-event", "1", &said.to_string())).await;
    deployment.push(&Push::new("human-agent-assistant-event", "2", &suggested.to_string())).await;
    let url = deployment.connectors[0].url("/");
    let selectors = ["#transcript .END_USER", "#suggestions article"];
    let Some(page) = browse(&url, "markup.png", &selectors).await else { return };
    assert_quiet(&page);
    assert_eq!(page["transcript"], json!([markup]));
    assert_eq!(page["suggestions"], json!([format!("FAQ{markup}{markup}")]));
    assert_eq!(page["elements"], 0);
}
