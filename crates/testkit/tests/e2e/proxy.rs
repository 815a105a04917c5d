//! Large answers of Dialogflow through the real connector.

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use testkit::{Deployment, Upstream, http, in_time, project};

const MIB: usize = 1024 * 1024;
const ANSWER: usize = 100 * MIB;

/// A Dialogflow that answers everything with 100 MiB, and Google's metadata server.
async fn google() -> Upstream {
    Upstream::start(|seen| {
        if seen.target.starts_with("/computeMetadata/") {
            return Body::from(r#"{"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}"#);
        }
        let chunk = Bytes::from(vec![b'x'; MIB]);
        Body::from_stream(stream::iter((0..ANSWER / MIB).map(move |_| Ok::<_, std::io::Error>(chunk.clone()))))
    })
    .await
}

#[tokio::test]
async fn a_hundred_megabytes_pass_in_bounded_memory() {
    const FOR_BUFFERS: u64 = 16 * MIB as u64;
    let google = google().await;
    let (url, host) = (google.url(), google.address.to_string());
    let settings = [("DIALOGFLOW_ENDPOINT", url.as_str()), ("GCE_METADATA_HOST", &host)];
    let deployment = Deployment::start_with(1, &settings).await;
    let token = deployment.token().await;
    let path = format!("/v2/projects/{}/locations/global/conversations/c/messages", project());
    let connector = &deployment.connectors[0];
    let before = connector.resident_bytes();
    let request = http().get(connector.url(&path)).header("authorization", &token);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let mut body = answer.bytes_stream();
    let mut read = 0;
    while let Some(chunk) = in_time("more of the answer", body.next()).await {
        read += chunk.expect("a chunk").len();
    }
    assert_eq!(read, ANSWER);
    let grown = connector.peak_bytes().saturating_sub(before);
    assert!(grown < FOR_BUFFERS, "{grown} bytes more than before");
}
