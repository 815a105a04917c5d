//! The interceptor's routes: one for each kind of event, and two for the platform's probes.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::routing::{get, post};
use broker::EventLog;
use bytes::Bytes;
use event::EventKind;
use http_body_util::LengthLimitError;
use server::telemetry::causes;
use tokio::sync::Semaphore;

use crate::config::Settings;
use crate::error::Error;
use crate::metrics::{self, PushResult};
use crate::push::PubsubMessage;
use crate::push_auth::PushAuth;
use crate::record::{App, accept};

/// Pub/Sub's own limit is 10 MB before base64 (<https://cloud.google.com/pubsub/quotas#resource_limits>).
const MAX_BODY: usize = 16 * 1024 * 1024;
const KIB: usize = 1024;

impl App {
    /// What all requests share.
    pub(crate) fn new(settings: Settings, log: Arc<dyn EventLog>) -> Arc<Self> {
        let push_auth = settings.push_auth.clone().map(PushAuth::new);
        let room = Semaphore::new(settings.max_body_bytes / KIB);
        Arc::new(Self { settings, log, push_auth, room })
    }
}

pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new().route("/status", get(status)).route("/live", get(async || "ok"));
    let kinds = if app.settings.push_endpoints { &EventKind::ALL[..] } else { &[] };
    for kind in kinds.iter().copied() {
        let push = move |State(app): State<Arc<App>>, request: Request| async move { push(&app, kind, request).await };
        router = router.route(&format!("/{kind}"), post(push));
    }
    router.with_state(app)
}

async fn push(app: &App, kind: EventKind, request: Request) -> Result<StatusCode, Error> {
    let started = Instant::now();
    let pushed = take(app, kind, request).await;
    let result = pushed.as_ref().map_or_else(Error::result, |result| *result);
    metrics::pushed(kind, result, started);
    pushed.map(|_| StatusCode::NO_CONTENT)
}

async fn take(app: &App, kind: EventKind, request: Request) -> Result<PushResult, Error> {
    let (parts, body) = request.into_parts();
    if let Some(push_auth) = &app.push_auth {
        push_auth.check(&parts.headers, kind).await?;
    }
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY) {
        return Err(Error::TooLarge);
    }
    let room = u32::try_from(announced.unwrap_or(MAX_BODY).div_ceil(KIB)).map_err(|_| Error::TooLarge)?;
    let _room = app.room.try_acquire_many(room).map_err(|_| Error::Overloaded)?;
    let body = read(app, body).await?;
    accept(app, kind, PubsubMessage::read(&parts.headers, &body), &body).await
}

async fn read(app: &App, body: Body) -> Result<Bytes, Error> {
    let whole = tokio::time::timeout(app.settings.body_timeout, axum::body::to_bytes(body, MAX_BODY));
    whole.await.map_err(|_| Error::SlowBody)?.map_err(|error| {
        let too_large = std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
        if too_large { Error::TooLarge } else { Error::BrokenBody(error) }
    })
}

/// Ready: Redis answers, so events can be recorded.
async fn status(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match app.log.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::warn!(error = %causes(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "Redis is not available")
        }
    }
}
