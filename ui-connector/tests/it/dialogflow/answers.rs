//! What comes back.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{call, connector, patient, prefix, sent};
use connector::Settings;
use connector::auth::token::TokenKeys;
use connector::dialogflow::settings::DialogflowSettings;

use crate::support::{Connector, Log, SECRET, settings};
use testkit::{Upstream, endless, http, in_time, until};

/// gzip of `{"a":1}`, with a name and a time that another compressor would not write.
const GZIP: &[u8] = &[
    31, 139, 8, 8, 21, 205, 91, 7, 4, 255, 97, 110, 115, 119, 101, 114, 46, 106, 115, 111, 110, 0, 171, 86, 74, 84,
    178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0, 0, 0,
];

fn path() -> String {
    format!("{}/conversations/c", prefix())
}

#[tokio::test]
async fn passes_compressed_bodies_unchanged() {
    let upstream = Upstream::start(|_| ([("content-encoding", "gzip"), ("etag", "\"e\"")], GZIP)).await;
    let connector = connector(&upstream).await;
    let answer = sent(call(&connector, Method::GET, &path()).header("accept-encoding", "gzip")).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-encoding"]), (200, &"gzip".parse().unwrap()));
    assert_eq!(answer.headers()["etag"], "\"e\"");
    assert_eq!(answer.bytes().await.unwrap(), GZIP);
}

#[tokio::test]
async fn passes_statuses_and_bodies_of_dialogflow() {
    for code in [200, 204, 400, 401, 403, 404, 409, 429, 500, 503] {
        let status = StatusCode::from_u16(code).unwrap();
        let upstream = Upstream::start(move |_| (status, [("retry-after", "7")], "{\"a\": 1}")).await;
        let answer = sent(call(&connector(&upstream).await, Method::GET, &path())).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (code, &"7".parse().unwrap()));
        let body = answer.text().await.unwrap();
        assert_eq!(body, if code == 204 { "" } else { "{\"a\": 1}" });
    }
}

#[tokio::test]
async fn strips_headers_that_affect_our_origin() {
    let upstream = Upstream::start(|_| {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("set-cookie", "NID=1; Path=/"),
            ("set-cookie", "SID=2"),
            ("alt-svc", "h3=\":443\""),
            ("access-control-allow-origin", "https://evil.example"),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-secret"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("x-custom", "1"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        (headers, "{}")
    })
    .await;
    let connector = connector(&upstream).await;
    let answer = sent(call(&connector, Method::GET, &path()).header("origin", "https://desktop.example")).await;
    for name in [
        "set-cookie",
        "alt-svc",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "x-hop",
        "keep-alive",
    ] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(answer.headers().get_all("access-control-allow-origin").iter().collect::<Vec<_>>(), ["*"]);
    assert_eq!(answer.headers()["x-custom"], "1");
    let _ = sent(call(&connector, Method::GET, &path())).await;
    assert_eq!(
        upstream.seen().pop().unwrap().header("cookie"),
        None,
        "one client's cookie was sent for another's call"
    );
}

#[tokio::test]
async fn passes_redirects_without_following_them() {
    let stray = Upstream::start(|_| "stolen").await;
    let elsewhere = stray.url();
    let upstream = Upstream::start(move |_| (StatusCode::TEMPORARY_REDIRECT, [("location", elsewhere.clone())])).await;
    let answer = sent(call(&connector(&upstream).await, Method::GET, &path())).await;
    assert_eq!(answer.status(), 307);
    assert!(stray.seen().is_empty());
}

async fn message(answer: reqwest::Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["message"].clone())
}

#[tokio::test]
async fn answers_504_for_silence_and_502_for_absence() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let gone = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (silent_url, gone_url) = (silent.local_addr().unwrap(), gone.local_addr().unwrap());
    drop(gone);
    for (address, expected) in
        [(silent_url, (504, "Dialogflow did not answer in time.")), (gone_url, (502, "Dialogflow cannot be reached."))]
    {
        let endpoint = Some(format!("http://{address}").parse().unwrap());
        let timeout = Duration::from_millis(200);
        let dialogflow = DialogflowSettings { endpoint, timeout, ..DialogflowSettings::default() };
        let settings = Settings { dialogflow, ..settings() };
        let connector = crate::support::Connector::start_with(&crate::support::Log::new(), settings).await;
        let answer = sent(call(&connector, Method::GET, &path())).await;
        assert_eq!(message(answer).await, (expected.0, expected.1.into()));
    }
}

/// An answer that begins and then says nothing more.
fn stalled() -> Response {
    let begun = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) });
    Body::from_stream(begun.chain(futures_util::stream::pending())).into_response()
}

#[tokio::test]
async fn aborts_a_response_that_stalls() {
    let upstream = Upstream::start(|_| stalled()).await;
    let connector = patient(&upstream, Duration::from_millis(200)).await;
    let answer = sent(call(&connector, Method::GET, &path())).await;
    assert_eq!(answer.status(), 200);
    assert!(in_time("the end", answer.bytes()).await.is_err());
}

#[tokio::test]
async fn streams_a_response_until_the_desktop_leaves() {
    let upstream = Upstream::start(|_| endless()).await;
    let connector = connector(&upstream).await;
    let answer = sent(call(&connector, Method::GET, &path())).await;
    let mut body = answer.bytes_stream();
    let mut read = 0;
    while read < 1_000_000 {
        read += in_time("more", body.next()).await.unwrap().unwrap().len();
    }
    drop(body);
    // Each call that is under way takes a place, which comes back when the desktop has gone.
    until("the connector is_live on", async || sent(call(&connector, Method::GET, &path())).await.status() == 200)
        .await;
}

#[tokio::test]
async fn answers_503_beyond_the_limit_of_calls() {
    let upstream = Upstream::start(|_| stalled()).await;
    let dialogflow = DialogflowSettings {
        endpoint: Some(upstream.url().parse().unwrap()),
        max_requests: 2,
        ..DialogflowSettings::default()
    };
    let settings = Settings { dialogflow, ..settings() };
    let connector = crate::support::Connector::start_with(&crate::support::Log::new(), settings).await;
    let first = sent(call(&connector, Method::GET, &path())).await;
    let second = sent(call(&connector, Method::GET, &path())).await;
    let third = sent(call(&connector, Method::GET, &path())).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16(), third.status().as_u16()), (200, 200, 503));
    assert_eq!(third.headers()["retry-after"], "1");
    assert_eq!(http().get(connector.url("/status")).send().await.unwrap().status(), 200);
    drop(first);
    until("a place", async || sent(call(&connector, Method::GET, &path())).await.status() == 200).await;
}

#[tokio::test]
async fn accepts_an_encoded_colon_in_the_project_id() {
    let upstream = Upstream::start(|_| "{}").await;
    let project = "example.com:sample-1";
    let tokens = Arc::new(TokenKeys::new(SECRET, project, Duration::from_hours(1)).unwrap());
    let token = tokens.issue("agent", None).unwrap();
    let endpoint = Some(upstream.url().parse().unwrap());
    let dialogflow = DialogflowSettings { endpoint, ..DialogflowSettings::default() };
    let settings = Settings { project: project.into(), tokens, dialogflow, ..settings() };
    let connector = Connector::start_with(&Log::new(), settings).await;
    for written in [project, "example.com%3Asample-1", "example.com%3asample-1"] {
        let path = format!("/v2/projects/{written}/locations/global/conversations/c");
        let request = http().get(connector.url(&path)).header("authorization", &token);
        assert_eq!(sent(request).await.status(), 200, "{written}");
        assert_eq!(upstream.seen().last().unwrap().target, path);
    }
}
