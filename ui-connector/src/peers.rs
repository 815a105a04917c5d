//! The other connectors, to which requests of clients that poll are relayed.

use std::sync::Arc;

use async_trait::async_trait;
use broker::Messenger;
use bytes::Bytes;
use event::ConnectorId;
use server::telemetry::causes;
use socketio::{PeerMessenger, Server};
use tokio_util::sync::CancellationToken;

/// Sends messages to other connectors through the broker.
pub(crate) struct Peers(pub(crate) Arc<dyn Messenger>);

#[async_trait]
impl PeerMessenger for Peers {
    async fn send(&self, node: &str, message: Bytes) -> bool {
        let Some(connector) = ConnectorId::with_number(node) else { return false };
        self.0.send(&connector, &message).await.unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), %connector, "failed to send a message to another connector");
            false
        })
    }
}

/// Serves the messages of other connectors until `stop` is cancelled.
pub(crate) async fn serve(sockets: Server, courier: Arc<dyn Messenger>, stop: CancellationToken) {
    stop.run_until_cancelled(sockets.serve_peers(courier.peer_messages())).await;
}
