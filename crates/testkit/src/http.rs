//! The HTTP client of all requests that need nothing special.

use std::sync::LazyLock;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use crate::wait::PATIENCE;

/// It keeps no connections, because each test has a runtime of its own, which ends with the test.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let builder = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).pool_max_idle_per_host(0);
    builder.build().expect("an HTTP client")
});

/// A client that follows no redirects and waits for an answer for [`PATIENCE`].
pub fn http() -> Client {
    CLIENT.clone()
}

/// Sends a request; returns the response's status and text.
pub async fn response(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.expect("a response");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

/// Sends a request; returns the response's status.
pub async fn status(request: RequestBuilder) -> u16 {
    response(request).await.0
}
