//! A login with every identity provider that the demo simulates, through the console.

use testkit::{Page, Process, http};

const OPTIONS: [&str; 7] = ["Salesforce", "SalesforceLWC", "GenesysCloud", "Twilio", "Five9", "OIDC", "Webhook"];

/// A demo that asks a provider, and the token that its agent has.
async fn demo(option: &str) -> (Process, String) {
    let settings = [("INTERCEPTOR_PORT", "0"), ("PLAY_CONVERSATION", "false"), ("AUTH_OPTION", option)];
    let demo = Process::start("demo", &settings).await;
    let log = demo.log();
    let (_, token) = log.split_once("token=").expect("the log names the token");
    let token = token.split_whitespace().next().expect("a token").trim_matches('"').to_owned();
    (demo, token)
}

#[tokio::test]
async fn every_provider_admits_its_agent_only() {
    for option in OPTIONS {
        let (demo, token) = demo(option).await;
        for (sent, status) in [(token.as_str(), 200), ("of another agent", 401), ("", 401)] {
            let register = http().post(demo.url("/register")).header("authorization", sent);
            assert_eq!(testkit::status(register).await, status, "{option}: {sent}");
        }
    }
}

#[tokio::test]
async fn an_agent_signs_in_at_the_console() {
    for option in ["Salesforce", "OIDC"] {
        let (demo, token) = demo(option).await;
        let Some(mut console) = Page::open(&demo.url("/")) else { return };
        console.says("#state", "signed out").await;
        console.fill("#sign-in input", &token).await;
        console.click("#sign-in button").await;
        console.says("#state", "connected").await;
        console.is_quiet().await;
    }
}
