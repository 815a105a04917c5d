use std::sync::Arc;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};

use super::replication::ReplicationAck;

/// The connection that an operation runs on, for as long as it runs.
pub(in crate::redis) struct CommandConnection {
    pub(super) inner: MultiplexedConnection,
    /// The number of this connection to this node.
    pub(super) generation: u64,
    pub(super) barrier: Arc<ReplicationAck>,
    /// The slot is on its way to this node, which serves it only to clients that send ASKING
    /// (<https://redis.io/docs/latest/commands/asking/>).
    pub(super) asking: bool,
}

impl CommandConnection {
    /// Whether enough replicas have everything that was written on this connection before. `key` may be
    /// written for it; it must lie on this node.
    pub(in crate::redis) async fn is_replicated(&mut self, key: &str) -> RedisResult<bool> {
        let (barrier, generation) = (Arc::clone(&self.barrier), self.generation);
        barrier.pass(self, generation, key).await
    }
}

impl ConnectionLike for CommandConnection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        if !self.asking {
            return self.inner.req_packed_command(command);
        }
        Box::pin(async move {
            let mut steps = Pipeline::new();
            steps.cmd("ASKING").add_command(command.clone());
            let answers = self.inner.req_packed_commands(&steps, 1, 1).await?;
            Ok(answers.into_iter().next().unwrap_or(Value::Nil))
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        if !self.asking {
            return self.inner.req_packed_commands(pipeline, offset, count);
        }
        Box::pin(async move {
            let mut steps = Pipeline::new();
            for command in pipeline.cmd_iter() {
                steps.cmd("ASKING").add_command(command.clone());
            }
            let answers = self.inner.req_packed_commands(&steps, 2 * offset, 2 * count).await?;
            Ok(answers.into_iter().skip(1).step_by(2).collect())
        })
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}
