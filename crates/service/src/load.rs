//! As many requests at a time as can be served; the others are told to come again.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
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
pub fn limit(router: Router, requests: usize) -> Router {
    router.layer(from_fn_with_state(Arc::new(Semaphore::new(requests)), admit))
}

async fn admit(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match places.try_acquire_owned() {
        Ok(place) => next.run(request).await.map(|body| keep(place, body)),
        Err(_) => overloaded(),
    }
}

/// The answer of one who cannot serve now.
pub fn overloaded() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS)]).into_response()
}

/// The place is given back with the body.
fn keep(place: OwnedSemaphorePermit, body: Body) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(body.map_frame(move |frame| {
        let _held = &place;
        frame
    }))
}
