//! Bounds of the interceptor's HTTP side, and what it does with garbage.

use futures_util::{StreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::{Body, Method};
use testkit::redis::RedisServer;
use testkit::{Deployment, Push, conversation, http, in_time, status, talk};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
const MIB: usize = 1024 * 1024;

async fn status_of_body(deployment: &Deployment, body: impl Into<Body>) -> u16 {
    status(http().post(deployment.interceptor.url("/new-message-event")).body(body)).await
}

/// A body that does not announce its length.
fn chunked(bytes: usize) -> Body {
    const CHUNK: usize = 64 * 1024;
    let chunks = (0..bytes.div_ceil(CHUNK)).map(move |number| CHUNK.min(bytes - number * CHUNK));
    Body::wrap_stream(stream::iter(chunks.map(|size| Ok::<_, std::io::Error>(vec![b' '; size]))))
}

#[tokio::test]
async fn a_body_of_16_mib_is_read() {
    let deployment = Deployment::start(0).await;
    assert_eq!(status_of_body(&deployment, vec![b' '; 16 * MIB]).await, 204);
    assert_eq!(status_of_body(&deployment, chunked(16 * MIB)).await, 204);
}

/// The requests are written by hand: a client that is still sending may lose the answer.
#[tokio::test]
async fn a_larger_body_gets_413() {
    let deployment = Deployment::start(0).await;
    let head = "POST /new-message-event HTTP/1.1\r\nHost: localhost\r\n";
    let announced = format!("{head}Content-Length: {}\r\n\r\n", 16 * MIB + 1);
    let chunk = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}", 16 * MIB + 1, " ".repeat(16 * MIB + 1));
    for request in [announced, chunk] {
        let mut stream = TcpStream::connect(("127.0.0.1", deployment.interceptor.port())).await.expect("a connection");
        in_time("the request is sent", stream.write_all(request.as_bytes())).await.expect("the request is sent");
        let mut answer = [0; 12];
        in_time("an answer", stream.read_exact(&mut answer)).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
    assert_eq!(deployment.interceptor.get("/status").await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn the_largest_message_of_pubsub_arrives() {
    let deployment = Deployment::start(1).await;
    let mut desktop = deployment.desktop(0, &talk()).await;
    let start = format!("{{\"conversation\":\"{}\",\"text\":\"", talk());
    let data = format!("{start}{}\"}}", "é".repeat((10_000_000 - start.len() - 2) / 2));
    deployment.delivers(&mut desktop, &talk(), &[Push::new("new-message-event", "1", &data)]).await;
}

#[tokio::test]
async fn a_wrong_method_gets_405_and_a_wrong_path_404() {
    let deployment = Deployment::start(0).await;
    let status =
        async |method: Method, path: &str| status(http().request(method, deployment.interceptor.url(path))).await;
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        assert_eq!(status(method, "/new-message-event").await, 405);
    }
    assert_eq!(status(Method::POST, "/status").await, 405);
    for path in
        ["/", "/new-message-event/", "/New-Message-Event", "/new-message-event/x", "/statusz", "/%00", "//status"]
    {
        assert_eq!(status(Method::POST, path).await, 404, "{path}");
    }
}

/// A good body with some bytes changed, cut, doubled, or nothing but noise.
fn damaged(random: &mut StdRng, good: &[u8]) -> Vec<u8> {
    let mut body = good.to_vec();
    for _ in 0..=random.random_range(0..4) {
        let at = random.random_range(0..body.len());
        match random.random_range(0..5) {
            0 => body.truncate(at + 1),
            1 => body.extend_from_within(at..),
            2 => body = (0..random.random_range(1..20_000)).map(|_| random.random()).collect(),
            3 => body.splice(at..at, b"{[\"\\".repeat(random.random_range(1..1_000))).for_each(drop),
            _ => body[at] ^= random.random::<u8>(),
        }
    }
    body
}

#[tokio::test]
async fn garbage_neither_kills_nor_swells_the_interceptor() {
    const KEPT_BY_THE_ALLOCATOR: u64 = 64 * 1024 * 1024;
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 1, &[]).await;
    let good = Push::of_every_kind(&talk())[0].body().to_string();
    // The same bytes in each run: a failure can be repeated.
    let mut random = StdRng::seed_from_u64(1);
    let bodies: Vec<_> = (0..2_000).map(|_| damaged(&mut random, good.as_bytes())).collect();
    let before = deployment.interceptor.resident_bytes();
    stream::iter(bodies)
        .for_each_concurrent(8, async |body| {
            assert_eq!(status_of_body(&deployment, body).await, 204);
        })
        .await;
    let after = deployment.interceptor.resident_bytes();
    assert!(after < before + KEPT_BY_THE_ALLOCATOR, "{before} bytes before, {after} after");
    let kept: u64 = deployment.redis.cli(&["XLEN", "aa:quarantine"]).await;
    assert!((900..1_200).contains(&kept), "{kept} kept");

    let conversation = conversation("after-garbage");
    let mut desktop = deployment.desktop(0, &conversation).await;
    deployment.delivers(&mut desktop, &conversation, &[Push::message(&conversation, 1)]).await;
}
