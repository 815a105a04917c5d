//! A limit of concurrent requests; further ones get 503.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Seconds after which there may be room.
const RETRY_SECONDS: &str = "1";

/// Lets the routes of `router` serve `requests` at a time. More are answered 503 at once, which costs nearly nothing, while
/// those that wait would take memory and be late. A request counts until its answer has been sent to the end.
pub fn limit<S: Clone + Send + Sync + 'static>(router: Router<S>, requests: usize) -> Router<S> {
    router.layer(from_fn_with_state(Arc::new(Semaphore::new(requests)), admit))
}

async fn admit(State(permits): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match permits.try_acquire_owned() {
        Ok(permit) => next.run(request).await.map(|body| keep(permit, body)),
        Err(_) => overloaded(),
    }
}

/// The answer to a request that exceeds the limit.
pub fn overloaded() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS)]).into_response()
}

/// The permit is released with the body, whose length stays known.
fn keep(permit: OwnedSemaphorePermit, body: Body) -> Body {
    let release = move |error| {
        let _ = &permit;
        error
    };
    if body.is_end_stream() { body } else { Body::new(body.map_err(release)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tower::ServiceExt as _;

    async fn ask(router: &Router) -> Response {
        router.clone().oneshot(Request::new(Body::empty())).await.unwrap()
    }

    #[tokio::test]
    async fn a_permit_is_held_until_the_answer_has_been_sent() {
        let router = limit(Router::new().route("/", get(async || "answer")), 1);
        let first = ask(&router).await;
        assert_eq!((first.status(), first.body().size_hint().exact()), (StatusCode::OK, Some(6)));
        let second = ask(&router).await;
        assert_eq!(
            (second.status(), &second.headers()[RETRY_AFTER]),
            (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
        );
        drop(first);
        assert_eq!(ask(&router).await.status(), StatusCode::OK);
    }
}
