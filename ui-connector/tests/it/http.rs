//! Pages, health and CORS.

use connector::Settings;
use connector::kinds::AllowedOrigins;
use reqwest::{Method, RequestBuilder, Response};

use crate::support::{Connector, Log, settings};
use testkit::{http, in_time};

async fn get(connector: &Connector, path: &str) -> Response {
    http().get(connector.url(path)).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The files that the page loads.
fn loaded(page: &str) -> Vec<&str> {
    let files: Vec<_> = page.split('"').filter(|text| text.starts_with("/console/")).collect();
    assert!(files.len() >= 2, "build the console first: make console\n{page}");
    files
}

#[tokio::test]
async fn the_console_is_served_with_a_content_security_policy() {
    let connector = Connector::start(&Log::new()).await;
    let page = get(&connector, "/").await;
    assert_eq!(
        (header(&page, "content-type"), header(&page, "cache-control")),
        ("text/html; charset=utf-8", "no-cache")
    );
    assert!(header(&page, "content-security-policy").contains("script-src 'self'"));
    let page = page.text().await.unwrap();
    for path in loaded(&page) {
        let response = get(&connector, path).await;
        let kind = if path.rsplit('.').next() == Some("css") {
            "text/css; charset=utf-8"
        } else {
            "text/javascript; charset=utf-8"
        };
        assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, kind), "{path}");
        assert!(header(&response, "content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(header(&response, "cache-control").contains("immutable"), "{path}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert!(!response.text().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_first_load_is_small_because_it_is_compressed() {
    const MOST: usize = 200_000;
    let connector = Connector::start(&Log::new()).await;
    let page = get(&connector, "/").await.text().await.unwrap();
    let mut total = 0;
    for path in loaded(&page).into_iter().chain(["/"]) {
        let request = http().get(connector.url(path)).header("accept-encoding", "br, gzip");
        let response = in_time("the answer", request.send()).await.unwrap();
        assert_eq!(
            (header(&response, "content-encoding"), header(&response, "vary")),
            ("gzip", "accept-encoding"),
            "{path}"
        );
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes[..2], [0x1f, 0x8b], "{path}");
        total += bytes.len();
    }
    assert!(total < MOST, "{total} bytes");
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let connector = Connector::start(&Log::new()).await;
    let mut tags = Vec::new();
    for coding in ["gzip", "identity"] {
        let request = || http().get(connector.url("/")).header("accept-encoding", coding);
        let first = request().send().await.unwrap();
        let tag = header(&first, "etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = request().header("if-none-match", &known).send().await.unwrap();
            assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, tag.as_str()), "{known}");
            assert!(again.headers().contains_key("content-security-policy"));
            assert!(again.bytes().await.unwrap().is_empty());
        }
        assert_eq!(request().header("if-none-match", "\"other\"").send().await.unwrap().status(), 200);
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1], "both codings have one tag");
}

#[tokio::test]
async fn health_follows_the_subscriber_and_the_process() {
    let connector = Connector::start(&Log::new()).await;
    let status = get(&connector, "/status").await;
    assert_eq!(status.status(), 200);
    assert_eq!(status.text().await.unwrap(), "Hello, cross-origin-world!");
    assert_eq!(get(&connector, "/ready").await.status(), 200);
    connector.bus.lose().await;
    assert_eq!(get(&connector, "/ready").await.status(), 503);
    assert_eq!(
        (get(&connector, "/live").await.status(), get(&connector, "/status").await.status().as_u16()),
        (reqwest::StatusCode::OK, 200)
    );
    connector.bus.restore().await;
    assert_eq!(get(&connector, "/ready").await.status(), 200);
}

#[tokio::test]
async fn a_connector_that_stops_is_not_ready() {
    let (log, talk) = (Log::new(), crate::support::name("a"));
    let connector = Connector::start(&log).await;
    let _desktop = connector.joined(&[&talk]).await;
    // It cannot finish until the conversation has been given back.
    connector.bus.unsubscribe.shut();
    connector.stop.cancel();
    connector.bus.unsubscribe.reached(1).await;
    assert_eq!(get(&connector, "/ready").await.status(), 503);
    assert_eq!(get(&connector, "/live").await.status(), 200);
    connector.bus.unsubscribe.open();
    connector.ended().await;
}

#[tokio::test]
async fn answers_unknown_paths_and_methods_by_status() {
    let connector = Connector::start(&Log::new()).await;
    for (method, path, status) in [
        (Method::GET, "/nothing", 404),
        (Method::GET, "/console/../Cargo.toml", 404),
        (Method::GET, "/console/", 404),
        (Method::GET, "/register", 405),
        (Method::PUT, "/register", 405),
        (Method::POST, "/status", 405),
        (Method::DELETE, "/", 405),
        (Method::GET, "/socket.io/", 400),
    ] {
        let request = http().request(method.clone(), connector.url(path));
        assert_eq!(in_time("the answer", request.send()).await.unwrap().status(), status, "{method} {path}");
    }
}

fn from_origin(connector: &Connector, method: Method, path: &str, origin: &str) -> RequestBuilder {
    http().request(method, connector.url(path)).header("origin", origin)
}

fn preflight(connector: &Connector, path: &str, origin: &str) -> RequestBuilder {
    from_origin(connector, Method::OPTIONS, path, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
}

#[tokio::test]
async fn any_origin_may_call_by_default() {
    let connector = Connector::start(&Log::new()).await;
    for path in ["/status", "/register", "/socket.io/"] {
        let response = preflight(&connector, path, "https://desk.example").send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "access-control-allow-origin")),
            (200, "*"),
            "{path}"
        );
        let (methods, headers) = ["methods", "headers"]
            .map(|what| header(&response, &format!("access-control-allow-{what}")).to_lowercase())
            .into();
        assert!(["get", "post", "patch", "delete"].iter().all(|method| methods.contains(method)), "{methods}");
        assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
        assert_eq!(header(&response, "access-control-allow-credentials"), "");
    }
    let response = from_origin(&connector, Method::GET, "/status", "https://desk.example").send().await.unwrap();
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_list_of_origins_shuts_out_all_others() {
    let allowed = "https://desk.example";
    let cors = AllowedOrigins::Only(vec![allowed.parse().unwrap(), "https://two.example:8443".parse().unwrap()]);
    let connector = Connector::start_with(&Log::new(), Settings { cors, ..settings() }).await;
    for (origin, answer) in [
        (allowed, allowed),
        ("https://two.example:8443", "https://two.example:8443"),
        ("https://two.example", ""),
        ("http://desk.example", ""),
        ("https://desk.example.evil.example", ""),
        ("null", ""),
    ] {
        let simple = from_origin(&connector, Method::GET, "/status", origin).send().await.unwrap();
        let preflight = preflight(&connector, "/register", origin).send().await.unwrap();
        for response in [simple, preflight] {
            assert_eq!(header(&response, "access-control-allow-origin"), answer, "{origin}");
            assert!(header(&response, "vary").to_lowercase().contains("origin"), "{origin}");
        }
    }
}
