use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, PushInfo, PushKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::{Instant, timeout_at};

use super::settings::{RedisSettings, SettingsError};
use crate::Error;

/// An attempt to connect, under way or done. One attempt serves all who wait for it.
type Attempt = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// The connection for commands: made when it is first needed, shared by everyone, and made anew
/// after it broke.
pub(super) struct Link {
    client: Client,
    settings: RedisSettings,
    slot: Arc<Mutex<Slot>>,
}

#[derive(Default)]
struct Slot {
    /// The number of the connection, or of the next one.
    generation: u64,
    attempt: Option<Attempt>,
}

impl Slot {
    /// Forgets the connection of `generation`, unless it has a successor already.
    fn discard(this: &Mutex<Self>, generation: u64) {
        let mut slot = this.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.generation == generation {
            *slot = Self { generation: generation + 1, attempt: None };
        }
    }
}

impl Link {
    pub(super) fn new(settings: RedisSettings) -> Result<Self, SettingsError> {
        Ok(Self { client: settings.client()?, settings, slot: Arc::default() })
    }

    pub(super) fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    /// Makes a connection of its own, with `on_push` as the receiver of its push messages.
    pub(super) async fn connect(
        &self,
        on_push: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> RedisResult<MultiplexedConnection> {
        connect(self.client.clone(), &self.settings, on_push).await
    }

    /// Runs `operation` on the shared connection, within the response timeout. A connection that
    /// broke or did not answer in time is used no more.
    pub(super) async fn run<T>(
        &self,
        operation: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + self.settings.response_timeout;
        self.run_until(deadline, async |connection, _| operation(connection).await).await
    }

    /// Like [`Link::run`], for an operation that has waited already, and is told the number of the connection.
    pub(super) async fn run_until<T>(
        &self,
        deadline: Instant,
        operation: impl AsyncFnOnce(&mut MultiplexedConnection, u64) -> RedisResult<T>,
    ) -> Result<T, Error> {
        let (generation, attempt) = self.current();
        let work = async { operation(&mut attempt.await?, generation).await };
        let limit = self.settings.response_timeout;
        let error = match timeout_at(deadline, work).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if error.is_timeout() => Error::Timeout(limit),
            // Its text would repeat the value.
            Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedReturnType => {
                return Err(Error::Unexpected("an answer of another type"));
            }
            Ok(Err(error)) if !is_end(&error) => return Err(Error::Unavailable(error)),
            Ok(Err(error)) => Error::Unavailable(error),
            Err(_) => Error::Timeout(limit),
        };
        Slot::discard(&self.slot, generation);
        Err(error)
    }

    fn current(&self) -> (u64, Attempt) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = slot.generation;
        (generation, slot.attempt.get_or_insert_with(|| self.attempt(generation)).clone())
    }

    /// Redis may close an idle connection. It is forgotten at once, lest the next operation fail by it.
    fn attempt(&self, generation: u64) -> Attempt {
        let (client, settings, slot) = (self.client.clone(), self.settings.clone(), Arc::downgrade(&self.slot));
        let on_push = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection
                && let Some(slot) = Weak::upgrade(&slot)
            {
                Slot::discard(&slot, generation);
            }
        };
        let slot = Arc::downgrade(&self.slot);
        async move {
            let connected = connect(client, &settings, on_push).await;
            // Whatever the reason, such as a name that cannot be resolved: an attempt that is kept
            // after it failed would fail for ever.
            if connected.is_err()
                && let Some(slot) = Weak::upgrade(&slot)
            {
                Slot::discard(&slot, generation);
            }
            connected
        }
        .boxed()
        .shared()
    }
}

/// Whether the connection is of no use any more: broken, or to a server that has become a replica.
fn is_end(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

async fn connect(
    client: Client,
    settings: &RedisSettings,
    on_push: impl Fn(PushInfo) + Send + Sync + 'static,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(settings.connect_timeout))
        .set_response_timeout(Some(settings.response_timeout))
        .set_pipeline_buffer_size(settings.in_flight.max(1))
        .set_push_sender(move |push: PushInfo| {
            on_push(push);
            Ok::<(), RedisError>(())
        });
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// Whole seconds, for commands that take no less; at least one, because none means "now".
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

/// Milliseconds, at least one and few enough to be added to the time of day.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::MAX >> 2)
}
