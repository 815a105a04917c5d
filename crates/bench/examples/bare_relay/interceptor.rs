//! The interceptor's side: one PUBLISH for each push.

use std::borrow::Cow;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::{Result, canonical, redis};

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow, rename = "messageId")]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "publishTime")]
    publish_time: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    conversation: Cow<'a, str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    conversation_name: &'a str,
    data: &'a str,
    data_type: &'a str,
    ack_time: &'a str,
    publish_time: &'a str,
    message_id: &'a str,
}

pub(crate) async fn router() -> Result<Router> {
    let (client, config) = redis()?;
    let redis = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Router::new().route("/live", get(async || {})).route("/{kind}", post(push)).with_state(redis))
}

async fn push(State(mut redis): State<MultiplexedConnection>, Path(kind): Path<String>, body: Bytes) -> StatusCode {
    let Some((channel, message)) = publication(&kind, &body) else {
        return StatusCode::BAD_REQUEST;
    };
    match ::redis::cmd("PUBLISH").arg(channel).arg(message).exec_async(&mut redis).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The channel and the Socket.IO packet of a push; nothing if it is not one.
fn publication(kind: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
    let Push { message } = serde_json::from_slice(body).ok()?;
    let data = String::from_utf8(BASE64_STANDARD.decode(message.data.as_bytes()).ok()?).ok()?;
    let event: Event<'_> = serde_json::from_str(&data).ok()?;
    let conversation = canonical(&event.conversation)?;
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let payload = Payload {
        conversation_name: &conversation,
        data: &data,
        data_type: kind,
        ack_time: &OffsetDateTime::now_utc().format(seconds).ok()?,
        publish_time: &message.publish_time,
        message_id: &message.id,
    };
    let mut packet = format!("42[\"{kind}\",").into_bytes();
    serde_json::to_writer(&mut packet, &payload).ok()?;
    packet.push(b']');
    Some((conversation, packet))
}
