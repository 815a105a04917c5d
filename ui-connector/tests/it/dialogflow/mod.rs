//! The Dialogflow proxy, with Dialogflow simulated by a local HTTP server.

mod answers;
mod attacks;
mod offers;

use std::time::Duration;

use connector::Settings;
use connector::dialogflow::settings::DialogflowSettings;
use reqwest::{Method, RequestBuilder, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Connector, Log, PROJECT, settings, token};
use testkit::{Upstream, http, in_time};

/// What all paths of our project begin with.
fn prefix() -> String {
    format!("/v2/projects/{PROJECT}/locations/global")
}

/// A connector whose Dialogflow is `upstream`.
async fn connector(upstream: &Upstream) -> Connector {
    patient(upstream, Duration::from_secs(5)).await
}

/// The same, with its own patience.
async fn patient(upstream: &Upstream, timeout: Duration) -> Connector {
    let dialogflow = DialogflowSettings {
        endpoint: Some(upstream.url().parse().unwrap()),
        timeout,
        ..DialogflowSettings::default()
    };
    Connector::start_with(&Log::new(), Settings { dialogflow, ..settings() }).await
}

/// A call with a good token.
fn call(connector: &Connector, method: Method, path: &str) -> RequestBuilder {
    http().request(method, connector.url(path)).header("authorization", token())
}

async fn sent(request: RequestBuilder) -> Response {
    in_time("the answer", request.send()).await.unwrap()
}

/// The status that bytes get that are sent as they are.
async fn raw(connector: &Connector, request: &str) -> u16 {
    let mut stream = TcpStream::connect(connector.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    in_time("the answer", stream.read_exact(&mut answer)).await.unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

/// A GET of a path as it is, with a good token and more headers, each with its line's end.
async fn get_raw(connector: &Connector, path: &str, headers: &str) -> u16 {
    let token = token();
    raw(connector, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n{headers}\r\n")).await
}
