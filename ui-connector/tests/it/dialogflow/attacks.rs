//! Paths, locations and headers that should lead elsewhere, written byte for byte.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{call, connector, get_raw, prefix, raw, sent};

use crate::support::{PROJECT, SECRET, token};
use testkit::Upstream;
use testkit::signing::{hmac, now};

#[tokio::test]
async fn rejects_locations_that_name_another_host() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    for location in [
        "evil.example%23",
        "evil.example%3F",
        "evil.example%3f",
        "user%40evil.example",
        "user@evil.example",
        "evil.example%3A443%23",
        "evil.example:443%23",
        "evil.example%2F",
        "evil.example%5C",
        "evil.example",
        "evil%E3%80%82example",
        "evil%EF%BC%8Eexample",
        "us%2Deast1",
        "%75s",
        "global%0d%0ahost:%20evil.example",
        "global%00",
        "GLOBAL",
        "-us",
        "us--east1",
        "global;x=1",
        "..",
        "%2e%2e",
        "*",
    ] {
        let path = format!("/v2/projects/{PROJECT}/locations/{location}/conversations/c");
        let status = get_raw(&connector, &path, "").await;
        assert!(matches!(status, 400 | 404), "{location} got {status}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn rejects_dots_and_slashes_that_leave_the_path() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let prefix = prefix();
    for path in [
        format!("{prefix}/conversations/../agent"),
        format!("{prefix}/conversations/%2e%2e/agent"),
        format!("{prefix}/conversations/%2E%2E/agent"),
        format!("{prefix}/conversations/.%2e/agent"),
        format!("{prefix}/conversations/%252e%252e/agent"),
        format!("{prefix}/conversations/%252E./agent"),
        format!("{prefix}/conversations/./agent"),
        format!("{prefix}/conversations/c%2F..%2F..%2Fagent"),
        format!("{prefix}/conversations/c%252F..%252Fagent"),
        format!("{prefix}/conversations/c%5C..%5Cagent"),
        format!("{prefix}/conversations//agent"),
        format!("{prefix}//conversations/c"),
        format!("{prefix}/conversations/..;/agent"),
        format!("{prefix}/conversations/c;x=1"),
        format!("{prefix}/conversations/c%3Falt=media"),
        format!("{prefix}/conversations/c%23x"),
        format!("{prefix}/conversations/c%00"),
        format!("{prefix}/conversations/c%0d%0ahost:%20evil.example"),
        format!("{prefix}/conversations/c%zz"),
        format!("{prefix}/conversations/c\\..\\agent"),
        "/v2/projects/../locations/global/conversations/c".to_owned(),
        "/v2/projects/%2e%2e/locations/global/conversations/c".to_owned(),
        format!("/v2/projects/{PROJECT}%2F..%2Fvictim/locations/global/conversations/c"),
        format!("//v2/projects/{PROJECT}/locations/global/conversations/c"),
        format!("/v2/../v2/projects/{PROJECT}/locations/global/conversations/c"),
        format!("/%76%32/projects/{PROJECT}/locations/global/conversations/c"),
    ] {
        let status = get_raw(&connector, &path, "").await;
        assert!(matches!(status, 400 | 403 | 404), "{path} got {status}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn rejects_other_projects() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    for project in ["victim", "ACME", "acme%20", "acme2", "%61cme", "-", "123456789012"] {
        let path = format!("/v2/projects/{project}/locations/global/conversations/c");
        assert_eq!(get_raw(&connector, &path, "").await, 403, "{project}");
    }
    assert!(upstream.seen().is_empty());
}

fn claims(expires: i64, issued: i64, project: &str) -> Value {
    json!({"exp": now() + expires, "iat": now() + issued, "gcp_agent_assist_project": project, "gcp_agent_assist_user": "u"})
}

/// A token with a header of the attacker's choice and the signature of an HMAC under `key`.
fn with_header(header: &str, key: &[u8]) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims(600, 0, PROJECT).to_string()));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    format!("{signed}.{}", BASE64.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()).as_ref()))
}

#[tokio::test]
async fn rejects_forged_tokens() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let good = claims(600, 0, PROJECT);
    for (forgery, token) in [
        ("the empty key", hmac(Algorithm::HS256, b"", &good)),
        ("another key", hmac(Algorithm::HS256, b"0123456789abcdef-secreT", &good)),
        ("the key with a newline", hmac(Algorithm::HS256, &[SECRET, b"\n"].concat(), &good)),
        ("another algorithm", hmac(Algorithm::HS512, SECRET, &good)),
        ("no algorithm", with_header(r#"{"alg":"none","typ":"JWT"}"#, SECRET)),
        ("RS256 with an HMAC", with_header(r#"{"alg":"RS256","typ":"JWT"}"#, SECRET)),
        ("a key of its own", with_header(r#"{"alg":"HS256","jwk":{"kty":"oct","k":""}}"#, b"")),
        ("another project", hmac(Algorithm::HS256, SECRET, &claims(600, 0, "victim"))),
        ("expired by a second", hmac(Algorithm::HS256, SECRET, &claims(-1, -600, PROJECT))),
        ("issued in the future", hmac(Algorithm::HS256, SECRET, &claims(600, 60, PROJECT))),
        ("no signature", hmac(Algorithm::HS256, SECRET, &good).rsplit_once('.').unwrap().0.to_owned() + "."),
        ("too long", "x".repeat(9000)),
    ] {
        let path = format!("{}/conversations/c", prefix());
        for (method, path) in [("GET", path.as_str()), ("GET", "/conversation-name?conversationIntegrationKey=k")] {
            let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n");
            assert_eq!(raw(&connector, &request).await, 401, "{forgery} opens {path}");
        }
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn rejects_smuggled_requests() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let head = format!(
        "POST {}/conversations HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\n",
        prefix(),
        token()
    );
    for (headers, body) in [
        ("content-length: 2\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\nGET /v2/evil HTTP/1.1\r\n\r\n"),
        ("content-length: 2\r\ncontent-length: 3\r\n", "{}x"),
        ("transfer-encoding: xchunked\r\n", "{}"),
        ("transfer-encoding : chunked\r\n", "0\r\n\r\n"),
        ("x: a\r\n b\r\ncontent-length: 2\r\n", "{}"),
        ("content-length: +2\r\n", "{}"),
    ] {
        let status = raw(&connector, &format!("{head}{headers}\r\n{body}")).await;
        assert!(status == 400 || status == 200, "{headers:?} got {status}");
    }
    // Whatever was taken for a request, nothing but this one path has been asked for.
    assert!(upstream.seen().iter().all(|seen| seen.target == format!("{}/conversations", prefix())));
}

#[tokio::test]
async fn bounds_bodies_and_headers() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let path = format!("{}/conversations", prefix());
    let announced = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n",
        token()
    );
    assert_eq!(raw(&connector, &announced).await, 413);
    let large = call(&connector, reqwest::Method::POST, &path).json(&"x".repeat(11 * 1024 * 1024));
    // A client that is still sending may see the connection closed instead of the answer.
    let status = large.send().await.map_or(413, |answer| answer.status().as_u16());
    assert_eq!(status, 413);
    let fits = call(&connector, reqwest::Method::POST, &path).json(&"x".repeat(9 * 1024 * 1024));
    assert_eq!(sent(fits).await.status(), 200);
    assert_eq!(get_raw(&connector, &path, &format!("x: {}\r\n", "y".repeat(300_000))).await, 431);
    assert_eq!(get_raw(&connector, &path, &"x: y\r\n".repeat(200)).await, 431);
    assert_eq!(upstream.seen().len(), 1);
}
