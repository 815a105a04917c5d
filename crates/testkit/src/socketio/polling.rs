use std::net::SocketAddr;

use reqwest::{Body, Method, RequestBuilder};
use serde_json::Value;

use crate::http::{http, response};

#[derive(Debug)]
pub struct PollingClient {
    pub sid: String,
    url: String,
}

impl PollingClient {
    pub async fn open(server: SocketAddr) -> Self {
        let url = format!("http://{server}/socket.io/?EIO=4&transport=polling");
        let open = http().get(&url).send().await.expect("an answer").text().await.expect("a text");
        let open: Value = serde_json::from_str(open.strip_prefix('0').expect("the open packet")).expect("JSON");
        let sid = open["sid"].as_str().expect("a session id").to_owned();
        Self { url: format!("{url}&sid={sid}"), sid }
    }

    /// Opens a session and connects to the main namespace with `auth`, JSON or nothing; what came after the answer.
    pub async fn connect(server: SocketAddr, auth: &str) -> (Self, String) {
        let client = Self::open(server).await;
        assert_eq!(client.post(format!("40{auth}")).await, (200, "ok".to_owned()));
        let (status, answer) = client.poll().await;
        assert!(status == 200 && answer.starts_with("40{"), "{status} {answer}");
        let rest = answer.split_once('\u{1e}').map_or("", |(_, rest)| rest).to_owned();
        (client, rest)
    }

    /// Sends a POST; returns the response's status and text.
    pub async fn post(&self, body: impl Into<Body>) -> (u16, String) {
        response(self.request(Method::POST).body(body)).await
    }

    /// Sends a GET; returns the response's status and text.
    pub async fn poll(&self) -> (u16, String) {
        response(self.request(Method::GET)).await
    }

    pub fn request(&self, method: Method) -> RequestBuilder {
        http().request(method, &self.url)
    }

    /// The same session at another server.
    #[must_use]
    pub fn at(self, server: SocketAddr) -> Self {
        let url = format!("http://{server}/socket.io/?EIO=4&transport=polling&sid={}", self.sid);
        Self { url, ..self }
    }
}
