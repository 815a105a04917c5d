//! By HTTP long-polling.

use super::Beside;
use testkit::http::http;
use testkit::wait::in_time;

#[tokio::test]
async fn a_malformed_post_ends_its_session() {
    let beside = Beside::start().await;
    let many = "3\u{1e}".repeat(100_000);
    let bodies: [&[u8]; 12] =
        [b"", b"x", b"9", b"\xff\xfe", b"b***", b"2", b"0{}", b"5", b"\x1e", b"4\x1e4", b"42[", many.as_bytes()];
    beside
        .nobody_notices(async {
            for body in bodies {
                let client = beside.polling().await;
                client.post(body.to_vec()).await;
                let ended = async || while client.poll().await != (400, UNKNOWN_SESSION.to_owned()) {};
                in_time(&format!("the session ends after {:?}", String::from_utf8_lossy(body)), ended()).await;
            }
        })
        .await;
}

const UNKNOWN_SESSION: &str = r#"{"code":1,"message":"Session ID unknown"}"#;

#[tokio::test]
async fn a_post_that_is_too_large_gets_413() {
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            let client = beside.polling().await;
            assert_eq!(client.post(format!("42[\"unknown\",\"{}\"]", "x".repeat(1_000_000))).await.0, 413);
            assert_eq!(client.post("3").await.0, 400);
        })
        .await;
}

#[tokio::test]
async fn a_request_that_belongs_to_nothing_gets_400() {
    let beside = Beside::start().await;
    let url = |query: &str| beside.connector().url(&format!("/socket.io/{query}"));
    beside
        .nobody_notices(async {
            for query in [
                "",
                "?",
                "?EIO=4",
                "?EIO=4&transport=carrier-pigeon",
                "?transport=polling",
                "?EIO=3&transport=polling",
                "?EIO=5&transport=websocket",
                "?EIO=4&transport=polling&sid=",
                "?EIO=4&transport=polling&sid=unknown",
                "?EIO=4&transport=polling&sid=%00%ff",
                "?EIO=4&transport=websocket&sid=unknown",
                "?EIO=4&transport=websocket",
            ] {
                let status = http().get(url(query)).send().await.expect("an answer").status();
                assert_eq!(status, 400, "GET {query}");
            }
            for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
                let method = method.parse().expect("a method");
                let status =
                    http().request(method, url("?EIO=4&transport=polling")).send().await.expect("an answer").status();
                assert!(status == 400 || status == 405, "{status}");
            }
        })
        .await;
}

#[tokio::test]
async fn two_polls_at_once_end_their_session() {
    let beside = Beside::start().await;
    beside
        .nobody_notices(async {
            let client = beside.polling().await;
            let (first, second) = tokio::join!(client.poll(), client.poll());
            assert!(first.0 == 400 || second.0 == 400, "{first:?} {second:?}");
            assert_eq!(client.poll().await, (400, UNKNOWN_SESSION.to_owned()));
        })
        .await;
}
