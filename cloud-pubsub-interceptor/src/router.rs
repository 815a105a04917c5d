//! The interceptor's routes: one for each kind of event, and two for the platform's probes.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use event::EventKind;
use server::telemetry::causes;

use crate::app::App;
use crate::error::PushError;
use crate::metrics::{self, PushResult};
use crate::push::PubsubMessage;

pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new().route("/status", get(status)).route("/live", get(async || "ok"));
    let kinds = if app.settings.push_endpoints { &EventKind::ALL[..] } else { &[] };
    for kind in kinds.iter().copied() {
        let push = move |State(app): State<Arc<App>>, request: Request| async move { push(&app, kind, request).await };
        router = router.route(&format!("/{kind}"), post(push));
    }
    router.with_state(app)
}

async fn push(app: &App, kind: EventKind, request: Request) -> Result<StatusCode, PushError> {
    let started = Instant::now();
    let pushed = take(app, kind, request).await;
    let result = pushed.as_ref().map_or_else(PushError::result, |result| *result);
    metrics::pushed(kind, result, started);
    pushed.map(|_| StatusCode::NO_CONTENT)
}

async fn take(app: &App, kind: EventKind, request: Request) -> Result<PushResult, PushError> {
    let (parts, body) = request.into_parts();
    if let Some(push_auth) = &app.push_auth {
        push_auth.check(&parts.headers, kind).await?;
    }
    let body = app.bodies.read(&parts.headers, body).await?;
    app.accept(kind, PubsubMessage::read(&parts.headers, &body.bytes), &body.bytes).await
}

/// Ready: Redis answers, so events can be recorded.
async fn status(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match app.log.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::warn!(error = %causes(&error), "not ready: Redis does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "Redis is not available")
        }
    }
}
