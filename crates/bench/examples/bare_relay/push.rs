//! The interceptor's side: one PUBLISH for each push.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use redis::{Client, aio::MultiplexedConnection};
use time::{OffsetDateTime, macros::format_description};

use crate::{Result, decode::decode, redis_timeouts};

pub(crate) async fn router(client: &Client) -> Result<Router> {
    let redis = client.get_multiplexed_async_connection_with_config(&redis_timeouts()).await?;
    Ok(Router::new().route("/live", get(|| async {})).route("/{kind}", post(push)).with_state(redis))
}

async fn push(State(mut redis): State<MultiplexedConnection>, Path(kind): Path<String>, body: Bytes) -> StatusCode {
    let Some(publication) = decode(&kind, &body, &now()) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(publication.channel).arg(publication.content);
    match publish.exec_async(&mut redis).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn now() -> String {
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::now_utc().format(seconds).unwrap_or_default()
}
