//! Faulty providers, and attackers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse as _;
use connector::Settings;
use connector::auth::rate_limit::GuardSettings;
use connector::auth::settings::AuthSettings;
use serde_json::json;
use settings::Env;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{connector, register, status};

use crate::support::{Connector, Log, settings, token};
use testkit::socketio::Client;
use testkit::{Upstream, endless, http};

/// A connector that asks Genesys Cloud at `url`.
async fn asking(url: &str) -> Connector {
    connector(&[("AUTH_OPTION", "GenesysCloud"), ("GENESYS_CLOUD_BASE_URL", url)]).await
}

#[tokio::test]
async fn does_not_follow_a_provider_redirect() {
    let stray = Upstream::start(|_| Json(json!({"id": "u"}))).await;
    let elsewhere = format!("{}/ok", stray.url());
    for code in [301, 302, 303, 307, 308] {
        let elsewhere = elsewhere.clone();
        let status_code = StatusCode::from_u16(code).unwrap();
        let provider = Upstream::start(move |_| (status_code, [(LOCATION, elsewhere.clone())]).into_response()).await;
        assert_eq!(status(&asking(&provider.url()).await, "t").await, 401, "{code}");
    }
    assert!(stray.seen().is_empty());
}

#[tokio::test]
async fn times_out_a_silent_provider() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let connector = asking(&format!("http://{}", silent.local_addr().unwrap())).await;
    let request = http().post(connector.url("/register")).header("authorization", "t");
    let answer = tokio::time::timeout(Duration::from_secs(30), request.send()).await.unwrap().unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(answer.text().await.unwrap(), "Could not authenticate user");
}

#[tokio::test]
async fn bounds_the_answer_of_a_provider() {
    let provider = Upstream::start(|_| endless()).await;
    assert_eq!(status(&asking(&provider.url()).await, "t").await, 503);
}

#[tokio::test]
async fn retries_a_broken_provider_connection_once() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = attempts.clone();
    let breaking = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let read = stream.read(&mut [0; 1024]).await.unwrap();
            if read > 0 && counted.fetch_add(1, Ordering::SeqCst) == 2 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"u\"}";
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    let connector = asking(&url).await;
    assert_eq!(status(&connector, "t").await, 503);
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    assert_eq!(status(&connector, "t").await, 200);
    breaking.abort();
}

#[tokio::test]
async fn rejects_provider_answers_that_are_not_objects() {
    for page in ["<html>login</html>", "", "null", "[{\"id\":\"u\"}]", "{\"id\":"] {
        let provider = Upstream::start(move |_| page).await;
        assert_eq!(status(&asking(&provider.url()).await, "t").await, 401, "{page}");
    }
}

#[tokio::test]
async fn rejects_empty_tokens_without_asking() {
    let provider = Upstream::start(|_| Json(json!({"id": "u"}))).await;
    let connector = asking(&provider.url()).await;
    for token in ["", " ", "Bearer", "Bearer "] {
        assert_eq!(status(&connector, token).await, 401, "{token:?}");
    }
    assert!(provider.seen().is_empty());
}

/// A connector that takes two refused attempts a minute.
async fn strict(url: &str) -> Connector {
    let environment = [("AUTH_OPTION", "GenesysCloud".to_owned()), ("GENESYS_CLOUD_BASE_URL", url.to_owned())];
    let auth = AuthSettings::read(&mut environment.into_iter().collect::<Env>().reader());
    let guard = GuardSettings { refused_attempts: 2, ..GuardSettings::default() };
    Connector::start_with(&Log::new(), Settings { auth, guard, ..settings() }).await
}

#[tokio::test]
async fn limits_refused_attempts_per_address() {
    let provider = Upstream::start(|seen| match seen.header("authorization") {
        Some("Bearer good") => (StatusCode::OK, Json(json!({"id": "u"}))),
        _ => (StatusCode::UNAUTHORIZED, Json(json!({}))),
    })
    .await;
    let connector = strict(&provider.url()).await;
    for _ in 0..5 {
        assert_eq!(status(&connector, "good").await, 200);
        assert_eq!(status(&connector, "").await, 401);
    }
    for _ in 0..2 {
        assert_eq!(status(&connector, "bad").await, 401);
    }
    let asked = provider.seen().len();
    let answer = register(&connector, "good").await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(provider.seen().len(), asked, "the provider was asked all the same");
}

#[tokio::test]
async fn admits_valid_tokens_from_a_limited_address() {
    let provider = Upstream::start(|_| StatusCode::UNAUTHORIZED).await;
    let connector = strict(&provider.url()).await;
    for _ in 0..5 {
        assert!(Client::connect(connector.address, &json!({"token": "x.y.z"})).await.is_err());
    }
    assert!(Client::connect(connector.address, &json!({"token": token()})).await.is_ok());
}

#[tokio::test]
async fn slow_bodies_hold_no_permit_and_slow_logins_are_bounded() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let environment = [("AUTH_OPTION", "GenesysCloud".to_owned()), ("GENESYS_CLOUD_BASE_URL", url)];
    let auth = AuthSettings::read(&mut environment.into_iter().collect::<Env>().reader());
    let guard = GuardSettings { max_logins: 1, ..GuardSettings::default() };
    let connector = Connector::start_with(&Log::new(), Settings { auth, guard, ..settings() }).await;
    let mut slow = tokio::net::TcpStream::connect(connector.address).await.unwrap();
    slow.write_all(b"POST /register HTTP/1.1\r\nhost: x\r\nauthorization: t\r\ncontent-length: 9\r\n\r\n{")
        .await
        .unwrap();
    let waiting = connector.url("/register");
    let first = tokio::spawn(http().post(waiting).header("authorization", "t").send());
    silent.accept().await.unwrap();
    let answer = register(&connector, "t").await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(http().get(connector.url("/status")).send().await.unwrap().status(), 200);
    first.abort();
}

#[tokio::test]
async fn does_not_count_provider_outages_as_refusals() {
    let provider = Upstream::start(|_| StatusCode::BAD_GATEWAY).await;
    let connector = strict(&provider.url()).await;
    for _ in 0..5 {
        assert_eq!(status(&connector, "t").await, 401);
    }
}
