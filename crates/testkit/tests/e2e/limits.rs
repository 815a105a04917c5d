//! Bounds of the interceptor's HTTP side, and what it does with garbage.

use futures_util::{StreamExt as _, stream};
use reqwest::{Body, Method};
use testkit::redis::RedisServer;
use testkit::{Deployment, Push, assert_payloads, conversation, http, in_time};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn talk() -> String {
    conversation("limits")
}
const MIB: usize = 1024 * 1024;

async fn status_of_body(deployment: &Deployment, body: impl Into<Body>) -> u16 {
    let url = deployment.interceptor.url("/new-message-event");
    http().post(url).body(body).send().await.expect("an answer").status().as_u16()
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
    let pushes = [Push::new("new-message-event", "1", &data)];
    deployment.push(&pushes[0]).await;
    assert_payloads(&desktop.last_events(1, &talk()).await, &talk(), &pushes);
}

#[tokio::test]
async fn a_wrong_method_gets_405_and_a_wrong_path_404() {
    let deployment = Deployment::start(0).await;
    let status = async |method: Method, path: &str| {
        let request = http().request(method, deployment.interceptor.url(path));
        request.send().await.expect("an answer").status().as_u16()
    };
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

/// The same bytes at each run: a failure can be repeated.
struct Noise(u64);

impl Noise {
    /// The generator splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("a small number")
    }

    /// A good body with some bytes changed, cut, doubled, or nothing but noise.
    fn body(&mut self, good: &[u8]) -> Vec<u8> {
        let mut body = good.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(body.len());
            match self.below(5) {
                0 => body.truncate(at + 1),
                1 => body.extend_from_within(at..),
                2 => body = (0..=self.below(20_000)).map(|_| self.next().to_le_bytes()[0]).collect(),
                3 => body.splice(at..at, b"{[\"\\".repeat(1 + self.below(1_000))).for_each(drop),
                _ => body[at] ^= self.next().to_le_bytes()[0],
            }
        }
        body
    }
}

#[tokio::test]
async fn garbage_neither_kills_nor_swells_the_interceptor() {
    const KEPT_BY_THE_ALLOCATOR: u64 = 64 * 1024 * 1024;
    let redis = RedisServer::start().await;
    let deployment = Deployment::start_on(&redis, 1, &[]).await;
    let good = Push::of_every_kind(&talk())[0].body().to_string();
    let mut noise = Noise(1);
    let bodies: Vec<_> = (0..2_000).map(|_| noise.body(good.as_bytes())).collect();
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
    let pushes = [Push::message(&conversation, 1)];
    deployment.push(&pushes[0]).await;
    assert_payloads(&desktop.last_events(1, &conversation).await, &conversation, &pushes);
}
