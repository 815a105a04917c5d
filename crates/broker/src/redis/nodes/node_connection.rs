use std::sync::{Arc, Weak};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, PushInfo, PushKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::{Instant, timeout_at};

use super::connection::CommandConnection;
use super::replication::ReplicationAck;
use crate::Error;
use crate::redis::settings::RedisSettings;

/// An attempt to connect, in progress or done. All callers that wait share one attempt.
type Attempt = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// The connection for commands to one node: made when it is first needed, shared by all callers, and
/// made again after it broke.
pub(in crate::redis) struct NodeConnection {
    client: Client,
    settings: Arc<RedisSettings>,
    barrier: Arc<ReplicationAck>,
    current: Arc<Mutex<SharedConnection>>,
}

#[derive(Default)]
struct SharedConnection {
    /// The number of the connection, or of the next one.
    generation: u64,
    attempt: Option<Attempt>,
}

impl SharedConnection {
    /// Forgets the connection of `generation`, unless it has a successor already.
    fn discard(this: &Mutex<Self>, generation: u64) {
        let mut current = this.lock();
        if current.generation == generation {
            *current = Self { generation: generation + 1, attempt: None };
        }
    }
}

impl NodeConnection {
    pub(super) fn new(client: Client, settings: Arc<RedisSettings>) -> Self {
        let barrier = Arc::new(ReplicationAck::new(settings.min_replicas));
        Self { client, settings, barrier, current: Arc::default() }
    }

    /// Makes a connection of its own, with `on_push` as the receiver of its push messages.
    pub(in crate::redis) async fn connect(
        &self,
        on_push: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> RedisResult<MultiplexedConnection> {
        connect(self.client.clone(), &self.settings, on_push).await
    }

    /// Runs `operation` on the shared connection, until `deadline`. A connection that broke or did not
    /// answer in time is used no more.
    pub(super) async fn run_until<T, F: Future<Output = RedisResult<T>>>(
        &self,
        deadline: Instant,
        asking: bool,
        operation: impl FnOnce(CommandConnection) -> F,
    ) -> Result<T, Error> {
        let (generation, attempt) = self.current();
        let barrier = Arc::clone(&self.barrier);
        let work = async { operation(CommandConnection { inner: attempt.await?, generation, barrier, asking }).await };
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
        SharedConnection::discard(&self.current, generation);
        Err(error)
    }

    fn current(&self) -> (u64, Attempt) {
        let mut current = self.current.lock();
        let generation = current.generation;
        (generation, current.attempt.get_or_insert_with(|| self.attempt(generation)).clone())
    }

    /// Redis may close an idle connection. It is forgotten at once, so that the next operation does not fail.
    fn attempt(&self, generation: u64) -> Attempt {
        let (client, settings, current) = (self.client.clone(), self.settings.clone(), Arc::downgrade(&self.current));
        let on_push = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection
                && let Some(current) = Weak::upgrade(&current)
            {
                SharedConnection::discard(&current, generation);
            }
        };
        let current = Arc::downgrade(&self.current);
        async move {
            let connected = connect(client, &settings, on_push).await;
            // Whatever the reason, such as a name that cannot be resolved: an attempt that is kept
            // after it failed would fail for ever.
            if connected.is_err()
                && let Some(current) = Weak::upgrade(&current)
            {
                SharedConnection::discard(&current, generation);
            }
            connected
        }
        .boxed()
        .shared()
    }
}

/// Whether the connection is of no use any more: broken, or to a node that has become a replica.
pub(super) fn is_end(error: &RedisError) -> bool {
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
