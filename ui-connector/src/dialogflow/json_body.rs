//! The body of a request: JSON, whole, and bounded.

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::IgnoredAny;
use tokio::sync::Semaphore;
use tokio::time::{Duration, timeout};

use super::error::Error;

/// How long a desktop may take to send its body.
const BODY_TIME: Duration = Duration::from_secs(30);
const KIB: usize = 1024;

/// Reads bodies, as many as there is room for.
pub(super) struct Bodies {
    /// Bytes of the largest.
    limit: usize,
    /// Room for those that are being read, KiB.
    room: Semaphore,
}

impl Bodies {
    /// Reads bodies of up to `limit` bytes, and of `total` at the same time.
    pub(super) fn new(limit: usize, total: usize) -> Self {
        Self { limit, room: Semaphore::new(total / KIB) }
    }

    /// Reads a body that must be JSON; it is sent on as it came. `null` stands for no body.
    ///
    /// It is read to its end first, because what is no JSON must not reach Dialogflow.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Error> {
        if !is_json(headers) {
            return Err(Error::NotDeclaredAsJson);
        }
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > self.limit) {
            return Err(Error::TooLarge);
        }
        let room = u32::try_from(announced.unwrap_or(self.limit).div_ceil(KIB)).map_err(|_| Error::TooLarge)?;
        let _room = self.room.try_acquire_many(room).map_err(|_| Error::Overloaded)?;
        let bytes = whole(body, self.limit).await?;
        match serde_json::from_slice::<Option<IgnoredAny>>(&bytes) {
            Ok(Some(_)) => Ok(bytes),
            Ok(None) => Ok(Bytes::new()),
            Err(_) => Err(Error::NotJson),
        }
    }
}

async fn whole(body: Body, limit: usize) -> Result<Bytes, Error> {
    let whole = timeout(BODY_TIME, Limited::new(body, limit).collect()).await.map_err(|_| Error::SlowBody)?;
    let refuse = |error: BoxError| if error.is::<LengthLimitError>() { Error::TooLarge } else { Error::BrokenBody };
    Ok(whole.map_err(refuse)?.to_bytes())
}

/// `application/json`, perhaps with parameters, or a type that is built on it.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
