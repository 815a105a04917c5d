//! Sessions that go on when their token has expired.

use std::sync::Arc;
use std::time::Duration;

use broker::KeyValue as _;
use connector::Settings;
use connector::auth::token::TokenKeys;
use connector::sessions::SessionSettings;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::keys::FaultyKeys;

use crate::support::{Connector, Log, PROJECT, SECRET, name, settings};
use testkit::signing::{hmac, now};
use testkit::socketio::{Client, ConnectError};
use testkit::{http, until};

/// A token that was issued and expires so many seconds from now.
fn token(issued: i64, expires: i64) -> String {
    signed(SECRET, &claims(issued, expires))
}

fn claims(issued: i64, expires: i64) -> Value {
    json!({
        "iat": now() + issued, "exp": now() + expires, "jti": "session-1",
        "gcp_agent_assist_project": PROJECT, "gcp_agent_assist_user": "agent-7",
    })
}

fn signed(secret: &[u8], claims: &Value) -> String {
    hmac(Algorithm::HS256, secret, claims)
}

async fn connect(connector: &Connector, token: &str) -> Result<Client, ConnectError> {
    Client::connect(connector.address, &json!({"token": token})).await
}

/// The session has connected, and Redis knows.
async fn connected(log: &Log, connector: &Connector) -> Client {
    let desktop = connect(connector, &token(-10, 3600)).await.unwrap();
    until("the session is noted", async || is_noted(log).await).await;
    desktop
}

async fn is_noted(log: &Log) -> bool {
    log.broker.get("aa:session:{session-1}").await.unwrap().is_some()
}

async fn renewed(desktop: &mut Client) -> String {
    let event = desktop.next().await;
    assert_eq!((event.name.as_str(), event.args.len()), ("token-renewed", 1));
    event.args[0]["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn accepts_and_replaces_an_expired_token_of_a_session() {
    let log = Log::new();
    let (first, second) = (Connector::start(&log).await, Connector::start(&log).await);
    drop(connected(&log, &first).await);
    for connector in [&first, &second] {
        let mut desktop = connect(connector, &token(-7200, -60)).await.unwrap();
        let new = renewed(&mut desktop).await;
        let claims = settings().tokens.verify(&new).unwrap();
        let session = claims.session.unwrap();
        assert_eq!((&*session.id, &*session.user), ("session-1", "agent-7"));
        assert_eq!(session.began, Some(u64::try_from(now() - 7200).unwrap()), "it is the same session");
        // It is a desktop like any other.
        desktop.join(&name("a")).await;
        log.record(&name("a"), 1).await;
        desktop.expect([1]).await;
        desktop.leave(&name("a")).await;
    }
}

#[tokio::test]
async fn http_stays_strict() {
    let log = Log::new();
    let connector = Connector::start(&log).await;
    let _connected = connected(&log, &connector).await;
    let call = |token: String| {
        let url = connector.url(&format!("/v2/projects/{PROJECT}/locations/global/conversations/c"));
        http().get(url).header("Authorization", token).send()
    };
    let answer = call(token(-7200, -60)).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["message"], "Failed to parse your token.");
}

#[tokio::test]
async fn rejects_expired_tokens_without_a_session() {
    let log = Log::new();
    let connector = Connector::start(&log).await;
    let _connected = connected(&log, &connector).await;
    let with = |member: &str, value: Value| {
        let mut claims = claims(-7200, -60);
        claims[member] = value;
        claims
    };
    let twelve_hours = 12 * 3600;
    for (what, token) in [
        ("another session", signed(SECRET, &with("jti", "session-2".into()))),
        ("no session", signed(SECRET, &with("jti", Value::Null))),
        ("a session of another form", signed(SECRET, &with("jti", 1.into()))),
        ("another project", signed(SECRET, &with("gcp_agent_assist_project", "other".into()))),
        ("a session that has lasted long enough", signed(SECRET, &claims(-twelve_hours - 1, -60))),
        ("a long session with a new token", signed(SECRET, &with("auth_time", (now() - twelve_hours - 1).into()))),
        ("another key", signed(b"another-secret-of-16+", &claims(-7200, -60))),
        ("no key", signed(b"", &claims(-7200, -60))),
    ] {
        let refused = connect(&connector, &token).await.err();
        assert_eq!(refused.unwrap().to_string(), "authentication failed", "{what}");
    }
    assert!(connect(&connector, &token(-twelve_hours + 60, -60)).await.is_ok());
}

#[tokio::test]
async fn a_session_ends_after_its_grace_period() {
    let log = Log::new();
    let grace = Duration::from_secs(2);
    let sessions = SessionSettings { grace, ..SessionSettings::default() };
    let connector = Connector::start_with(&log, Settings { sessions, ..settings() }).await;
    drop(connected(&log, &connector).await);
    until("the session has ended", async || !is_noted(&log).await).await;
    assert!(connect(&connector, &token(-7200, -60)).await.is_err());
}

#[tokio::test]
async fn without_grace_there_are_no_sessions() {
    let log = Log::new();
    let sessions = SessionSettings { grace: Duration::ZERO, ..SessionSettings::default() };
    let connector = Connector::start_with(&log, Settings { sessions, ..settings() }).await;
    log.broker.set("aa:session:{session-1}", b"0", Duration::from_mins(1)).await.unwrap();
    let mut desktop = connect(&connector, &token(-10, 5)).await.unwrap();
    assert_eq!(desktop.arrivals().await, []);
    assert!(connect(&connector, &token(-7200, -60)).await.is_err());
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let log = Log::new();
    let tokens = TokenKeys::new(SECRET, PROJECT, Duration::from_secs(8)).unwrap();
    let connector = Connector::start_with(&log, Settings { tokens: Arc::new(tokens), ..settings() }).await;
    let mut desktop = connect(&connector, &token(-1, 3)).await.unwrap();
    let mut last = 0.0;
    for _ in 0..2 {
        let claims = settings().tokens.verify(&renewed(&mut desktop).await).unwrap();
        assert!(claims.expires > last);
        last = claims.expires;
    }
}

#[tokio::test]
async fn no_token_outlives_its_session() {
    let log = Log::new();
    let connector = Connector::start(&log).await;
    let mut desktop = connect(&connector, &token(-12 * 3600 + 90, 30)).await.unwrap();
    let claims = settings().tokens.verify(&renewed(&mut desktop).await).unwrap();
    let left = claims.expires - f64::from(u32::try_from(now()).unwrap());
    assert!((80.0..=90.0).contains(&left), "{left}");
}

#[tokio::test]
async fn a_token_without_a_session_is_not_replaced() {
    let log = Log::new();
    let connector = Connector::start(&log).await;
    let of_the_original = json!({"exp": now() + 5, "gcp_agent_assist_project": PROJECT, "gcp_agent_assist_user": "u"});
    let mut desktop = connect(&connector, &signed(SECRET, &of_the_original)).await.unwrap();
    assert_eq!(desktop.arrivals().await, []);
}

#[tokio::test]
async fn asks_expired_clients_to_retry_while_redis_is_away() {
    let log = Log::new();
    let keys = Arc::new(FaultyKeys::new(log.broker.clone()));
    let connector = Connector::start_on(&log, settings(), keys.clone()).await;
    drop(connected(&log, &connector).await);
    keys.fail(true);
    assert!(matches!(connect(&connector, &token(-7200, -60)).await, Err(ConnectError::Closed(_))));
    assert!(connect(&connector, &token(-10, 3600)).await.is_ok(), "a token that is valid needs no Redis");
    keys.fail(false);
    assert!(connect(&connector, &token(-7200, -60)).await.is_ok());
}
