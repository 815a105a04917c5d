//! The console in a real browser.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use testkit::signing::{hmac, now};
use testkit::{Deployment, Page, Process, Push, SECRET, project, talk};
const PHONE: [u16; 2] = [390, 844];

/// A demo, with or without conversations that are played.
async fn demo(play: &str) -> Process {
    Process::start("demo", &[("INTERCEPTOR_PORT", "0"), ("PLAY_CONVERSATION", play), ("PLAY_SPEED", "20")]).await
}

async fn create(console: &mut Page, id: &str) {
    console.fill("#join input", id).await;
    console.click("#join button[value=create]").await;
    console.says("#transcript .notice", "conversation started").await;
}

async fn say(console: &mut Page, text: &str) {
    console.fill("#say input", text).await;
    console.click("#say button").await;
}

async fn enter_token(console: &mut Page, token: &str) {
    console.fill("#use-jwt input", token).await;
    console.click("#use-jwt button").await;
}

#[tokio::test]
async fn the_demo_shows_a_conversation_in_every_look() {
    let demo = demo("true").await;
    let size = |[width, height]: [u16; 2]| json!({"width": width, "height": height});
    for (name, options) in [
        ("light", json!({"colorScheme": "light"})),
        ("dark", json!({"colorScheme": "dark"})),
        ("phone", json!({"viewport": size(PHONE), "isMobile": true, "hasTouch": true})),
    ] {
        let Some(mut console) = Page::open_as(&demo.url("/"), &options) else { return };
        console.says("#state", "connected").await;
        console.shows("#transcript .interim").await;
        console.shows("#transcript .END_USER:not(.interim)").await;
        console.shows("#transcript .HUMAN_AGENT:not(.interim)").await;
        console.counts("#suggestions article", 4).await;
        console.shows("#mood").await;
        console.click("#inspect").await;
        console.counts("#events tbody tr", 10).await;
        console.shows("#chart rect").await;
        console.picture(&format!("console-{name}.png")).await;
        assert_eq!(console.call(json!(["violations"])).await, json!([]), "{name}");
        let wide = console.call(json!(["evaluate", "document.documentElement.scrollWidth > innerWidth"])).await;
        assert_eq!(wide, json!(false), "{name}: it scrolls sideways");
        console.is_quiet().await;
    }
}

#[tokio::test]
async fn a_conversation_is_created_held_and_completed() {
    let demo = demo("false").await;
    let Some(mut console) = Page::open(&demo.url("/")) else { return };
    console.says("#state", "connected").await;
    create(&mut console, "call-1").await;

    say(&mut console, "My parcel is late and nobody answers").await;
    console.says("#transcript .END_USER", "My parcel is late").await;
    for kind in ["Article", "FAQ", "Replies", "Knowledge", "Coaching"] {
        console.shows(&format!("article[data-kind={kind}]")).await;
    }
    let mood = console.call(json!(["attribute", "#mood", "aria-label"])).await;
    assert!(mood.as_str().is_some_and(|mood| mood.contains("now -")), "{mood}");

    console.click("article[data-kind=Replies] .reply").await;
    console.says("#transcript .HUMAN_AGENT", "May I have your order number?").await;
    console.fill("#search input", "how do refunds work").await;
    console.click("#search button[type=submit]").await;
    console.says("article[data-kind=Knowledge] .heading", "how do refunds work").await;
    console.click("#summarize").await;
    console.says("article[data-kind=Summary]", "situation: My parcel is late").await;
    console.click("article[data-kind=FAQ] .feedback button:first-of-type").await;
    console.says("article[data-kind=FAQ] .feedback", "thank you").await;
    console.click("#complete").await;
    console.says("#transcript .notice", "conversation finished").await;
    say(&mut console, "One more thing").await;
    console.says("#problem", "The conversation is completed.").await;
    console.is_quiet().await;
}

#[tokio::test]
async fn the_inspector_filters_pauses_and_exports() {
    let demo = demo("false").await;
    let Some(mut console) = Page::open(&demo.url("/")) else { return };
    create(&mut console, "call-2").await;
    console.click("#inspect").await;
    say(&mut console, "I want my money back").await;
    console.counts("#events tbody tr", 7).await;
    console.call(json!(["selectOption", ".tools select", "new-message-event"])).await;
    assert_eq!(console.call(json!(["count", "#events tbody tr"])).await, 1);
    console.click("#events details summary").await;
    console.says("#events pre", "\"participantRole\": \"END_USER\"").await;
    let exported = console.call(json!(["download", "#export"])).await;
    let exported = exported.as_str().expect("a text");
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["kind"]), (1, &json!("new-message-event")));
    console.call(json!(["selectOption", ".tools select", ""])).await;
    console.fill("#filter", "money").await;
    console.click("#pause").await;
    let before = console.texts("#count").await;
    say(&mut console, "Please hurry, I want my money").await;
    console.says("#transcript .END_USER", "Please hurry").await;
    assert_eq!(console.texts("#count").await, before);
}

#[tokio::test]
async fn a_reload_shows_again_what_was_said() {
    let demo = demo("false").await;
    let Some(mut console) = Page::open(&demo.url("/")) else { return };
    create(&mut console, "call-3").await;
    for text in ["One", "Two", "Three"] {
        say(&mut console, text).await;
        console.says("#transcript .END_USER", text).await;
    }
    console.call(json!(["reload"])).await;
    console.click("#conversations button[title$=call-3]").await;
    console.counts("#transcript .END_USER", 3).await;
    assert_eq!(console.texts("#transcript .END_USER .text").await, ["One", "Two", "Three"]);
    say(&mut console, "Four").await;
    console.counts("#transcript .END_USER", 4).await;
}

#[tokio::test]
async fn two_agents_see_the_same_conversation() {
    let demo = demo("false").await;
    let (Some(mut first), Some(mut second)) = (Page::open(&demo.url("/")), Page::open(&demo.url("/"))) else {
        return;
    };
    create(&mut first, "call-4").await;
    second.fill("#join input", "call-4").await;
    second.click("#join button[value=join]").await;
    second.says("#conversations", "call-4").await;
    say(&mut second, "Can you both hear me?").await;
    for console in [&mut first, &mut second] {
        console.says("#transcript .END_USER", "Can you both hear me?").await;
    }
}

#[tokio::test]
async fn nothing_is_missing_when_the_connector_is_killed() {
    let mut deployment = Deployment::start(1).await;
    let Some(mut console) = Page::open(&deployment.connectors[0].url("/")) else { return };
    console.says("#state", "connected").await;
    for number in 1..=3 {
        deployment.push(&said(number)).await;
    }
    console.counts("#transcript .END_USER", 3).await;
    let first = console.texts("#instance").await.remove(0);
    assert!(deployment.connectors[0].log().contains(&format!("connector=aa-connector-{first}")), "{first}");
    deployment.connectors[0].kill();
    console.says("#state", "connection lost").await;
    for number in 4..=8 {
        deployment.push(&said(number)).await;
    }
    deployment.connectors[0].restart().await;
    console.counts("#transcript .END_USER", 8).await;
    let wanted: Vec<_> = (1..=8).map(|number| format!("number {number}")).collect();
    assert_eq!(console.texts("#transcript .END_USER .text").await, wanted);
    let second = console.texts("#instance").await.remove(0);
    assert!(deployment.connectors[0].log().contains(&format!("connector=aa-connector-{second}")), "{second}");
    assert_eq!(console.texts("#reconnects").await, ["1"]);
    assert_eq!(console.texts("#replayed").await, ["5"]);
}

fn said(number: usize) -> Push {
    message(&number.to_string(), &format!("number {number}"))
}

fn message(id: &str, content: &str) -> Push {
    let message = json!({"name": format!("m/{id}"), "participantRole": "END_USER", "content": content});
    let event = json!({"conversation": talk(), "type": "NEW_MESSAGE", "newMessagePayload": message});
    Push::new("new-message-event", id, &event.to_string())
}

#[tokio::test]
async fn a_long_conversation_stays_small() {
    const MANY: usize = 1_200;
    const MEGABYTE: u64 = 1_000_000;
    // They are pushed faster than the page shows them.
    let deployment = Deployment::start_with(1, &[("EVENT_RETENTION_MAX", "4000")]).await;
    let Some(mut console) = Page::open(&deployment.connectors[0].url("/")) else { return };
    console.says("#state", "connected").await;
    console.click("#inspect").await;
    for number in 1..=MANY {
        deployment.push(&said(number)).await;
    }
    console.says("#count", &MANY.to_string()).await;
    console.says("#transcript li:last-child", &format!("number {MANY}")).await;
    let lines = console.call(json!(["count", "#transcript li"])).await;
    assert!(lines.as_u64().is_some_and(|lines| lines <= 1000), "{lines} lines");
    assert_eq!(console.call(json!(["count", "#events tbody tr"])).await, 200);
    let heap = console.call(json!(["heap"])).await.as_u64().expect("bytes");
    assert!(heap < 40 * MEGABYTE, "{heap} bytes");
    // The newest is in view.
    let hidden = "(() => { const it = document.getElementById('transcript'); return it.scrollHeight - it.scrollTop - it.clientHeight; })()";
    assert!(console.call(json!(["evaluate", hidden])).await.as_f64().is_some_and(|pixels| pixels < 150.0));
    console.is_quiet().await;
}

/// A connector that admits no agent, and a token that its secret has signed.
async fn closed() -> (Deployment, Process, String) {
    let deployment = Deployment::start(1).await;
    let token = deployment.token().await;
    let closed = Process::launch(deployment.another("ui-connector", &[("AUTH_OPTION", "")])).await;
    closed.answers("/ready", 200).await;
    (deployment, closed, token)
}

/// A token of the right secret that expired an hour ago.
fn expired() -> String {
    let claims = json!({"exp": now() - 3600, "gcp_agent_assist_project": project(), "gcp_agent_assist_user": "agent"});
    hmac(Algorithm::HS256, SECRET.as_bytes(), &claims)
}

#[tokio::test]
async fn without_open_registration_agents_sign_in_or_enter_a_token() {
    let (deployment, closed, token) = closed().await;
    let Some(mut console) = Page::open(&closed.url("/")) else { return };
    console.says("#state", "signed out").await;
    console.picture("console-sign-in.png").await;
    assert_eq!(console.call(json!(["violations"])).await, json!([]));
    console.fill("#sign-in input", "of no agent").await;
    console.click("#sign-in button").await;
    console.says("#problem", "The token was refused (401).").await;
    enter_token(&mut console, "no token").await;
    console.says("#problem", "That is no token of this connector.").await;
    let forged = format!("{}x", &token[..token.len() - 2]);
    enter_token(&mut console, &forged).await;
    console.says("#problem", "The connector refuses the token: authentication failed.").await;
    enter_token(&mut console, &expired()).await;
    console.says("#problem", "The connector refuses the token: authentication failed.").await;
    enter_token(&mut console, &token).await;
    console.says("#state", "connected").await;
    deployment.push(&said(1)).await;
    console.says("#transcript .END_USER", "number 1").await;
    assert!(!console.call(json!(["content"])).await.to_string().contains(SECRET));
    console.click("text=Sign out").await;
    console.says("#state", "signed out").await;
}

#[tokio::test]
async fn messages_are_text_and_never_markup() {
    let deployment = Deployment::start(1).await;
    let markup = "<img src=x onerror='alert(1)'><b>bold</b>";
    let suggested = json!({"conversation": talk(), "suggestionResults": [
        {"suggestFaqAnswersResponse": {"faqAnswers": [{"question": markup, "answer": markup}]}},
        {"suggestArticlesResponse": {"articleAnswers": [{"title": markup, "uri": "javascript:alert(1)"}]}}]});
    deployment.push(&message("1", markup)).await;
    deployment.push(&Push::new("human-agent-assistant-event", "2", &suggested.to_string())).await;
    let Some(mut console) = Page::open(&deployment.connectors[0].url("/")) else { return };
    console.shows("#transcript .END_USER").await;
    console.counts("#suggestions article", 2).await;
    assert_eq!(console.texts("#transcript .END_USER .text").await, [markup]);
    assert_eq!(console.texts("article[data-kind=FAQ] p").await, [markup, markup]);
    assert_eq!(
        console.call(json!(["count", "#transcript b, #transcript img, #suggestions b, #suggestions a"])).await,
        0
    );
    console.is_quiet().await;
}

#[tokio::test]
async fn everything_can_be_reached_by_the_keyboard() {
    let demo = demo("false").await;
    let Some(mut console) = Page::open(&demo.url("/")) else { return };
    console.says("#conversations", "demo-conversation").await;
    let mut reached = Vec::new();
    for _ in 0..16 {
        console.call(json!(["pressed", "Tab"])).await;
        reached.push(console.call(json!(["focused"])).await.as_str().unwrap_or_default().to_owned());
    }
    for wanted in [
        "Sign out",
        "Join",
        "Create",
        "transcript",
        "What is said",
        "Send",
        "summarize",
        "complete",
        "suggestions",
        "inspect",
    ] {
        assert!(reached.iter().any(|name| name == wanted), "{wanted}: {reached:?}");
    }
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let deployment = Deployment::start_with(1, &[("CONSOLE", "off")]).await;
    assert_eq!(deployment.connectors[0].get("/").await.0, 404);
    assert_eq!(deployment.connectors[0].get("/status").await.0, 200);
}
