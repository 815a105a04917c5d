/// Why an operation failed. Nothing is half done: the operation may be tried again, and does
/// not take effect twice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis is out of reach, refuses, or answers too slowly.
    #[error("Redis is not available")]
    Unavailable(#[source] redis::RedisError),
    /// Redis has other servers beside the one that was named.
    #[error("the server belongs to a Redis Cluster: set REDIS_CLUSTER=true")]
    Cluster,
    /// Redis did not answer in time.
    #[error("Redis did not answer within {0:?}")]
    Timeout(std::time::Duration),
    /// The event is in Redis, but fewer replicas than required have it.
    #[error("fewer than {0} replicas of Redis have the event")]
    TooFewReplicas(usize),
    /// Redis answered with something that our own keys never hold.
    #[error("unexpected value in Redis: {0}")]
    Unexpected(&'static str),
    /// The process is shutting down.
    #[error("the broker has been stopped")]
    Stopped,
}
