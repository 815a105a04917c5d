//! Bodies of requests, read whole within limits of size, time and memory.

use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

const KIB: usize = 1024;

/// A budget of memory for the bodies that are in use.
#[derive(Debug)]
pub struct BodyBudget {
    /// Bytes of the largest body.
    largest: usize,
    /// How long a body may take to arrive.
    patience: Duration,
    /// What is left of the budget, KiB.
    left: Semaphore,
}

#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the body is too large")]
    TooLarge,
    #[error("too many requests with bodies at the same time")]
    Overloaded,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the body did not arrive whole")]
    Broken(#[source] BoxError),
}

#[derive(Debug)]
pub struct BudgetedBody<'a> {
    pub bytes: Bytes,
    _permit: SemaphorePermit<'a>,
}

impl BodyBudget {
    /// A budget of `total` bytes for bodies of up to `largest` bytes, each of which has to arrive within `patience`.
    pub fn new(largest: usize, total: usize, patience: Duration) -> Self {
        Self { largest, patience, left: Semaphore::new(total / KIB) }
    }

    /// Reads a body. It takes as much of the budget as the headers announce, or as the largest body takes, until it is dropped.
    ///
    /// # Errors
    /// [`BodyError`]: one of the limits is exceeded, or the connection failed.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<BudgetedBody<'_>, BodyError> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let bytes: usize = announced.unwrap_or(self.largest);
        if bytes > self.largest {
            return Err(BodyError::TooLarge);
        }
        let permits = u32::try_from(bytes.div_ceil(KIB)).map_err(|_| BodyError::TooLarge)?;
        let permit = self.left.try_acquire_many(permits).map_err(|_| BodyError::Overloaded)?;
        let whole = timeout(self.patience, Limited::new(body, self.largest).collect()).await;
        let failed = |error: BoxError| {
            if error.is::<LengthLimitError>() { BodyError::TooLarge } else { BodyError::Broken(error) }
        };
        Ok(BudgetedBody { bytes: whole.map_err(|_| BodyError::Slow)?.map_err(failed)?.to_bytes(), _permit: permit })
    }
}
