//! The background task that keeps this connector's mapping keys alive.

use std::sync::Arc;

use event::ConversationName;
use service::telemetry::causes;
use tokio_util::sync::CancellationToken;

use super::Hub;

/// Keys renewed by one call.
const BATCH: usize = 512;

/// Renews three times within a key's lifetime, and at once after Redis was away.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let pause = hub.settings.mapping_ttl / 3;
    let work = async {
        loop {
            // An elapsed pause and an early call mean the same.
            let _ = tokio::time::timeout(pause, hub.renew.notified()).await;
            renew(&hub).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn renew(hub: &Hub) {
    let (keys, connector) = (&hub.backends.keys, &hub.backends.connector);
    let served: Vec<ConversationName> =
        hub.all_rooms().iter().filter(|room| !room.is_empty()).map(|room| room.name.clone()).collect();
    for batch in served.chunks(BATCH) {
        if let Err(error) = keys.renew(batch, connector, hub.settings.mapping_ttl).await {
            tracing::warn!(error = %causes(&error), "mapping keys could not be renewed; it will be tried again");
        }
    }
}
