//! From HTTP long-polling to WebSocket: <https://github.com/socketio/engine.io-protocol#upgrade>.
//!
//! ```text
//!   client                               server
//!     │  GET, which waits for frames       │
//!     │───────────────────────────────────▶│
//!     │  GET with `Upgrade: websocket`     │
//!     │═══════════════════════════════════▶│  Opened
//!     │  `2probe`                          │
//!     │═══════════════════════════════════▶│
//!     │  `3probe`                          │
//!     │◀═══════════════════════════════════│  Probed: frames wait for the WebSocket
//!     │  `6`, which ends the GET           │
//!     │◀───────────────────────────────────│
//!     │  `5`                               │
//!     │═══════════════════════════════════▶│  Phase::Upgraded
//!     │  frames and messages               │
//!     │◀══════════════════════════════════▶│  Phase::WebSocket
//! ```
//!
//! Whatever goes wrong before `5`, the client continues to poll.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::time::timeout;

use super::connection::{Connection, Phase, wake};
use super::error::RequestError;
use super::packet::EnginePacket;
use super::polling::UpgradeProgress;
use super::websocket::WebSocket;
use crate::frame::Frame;

const PROBED: &str = "3probe";

/// An upgrade in progress. If it is dropped before it is complete, the client continues to poll.
pub(super) struct Upgrade {
    connection: Arc<Connection>,
}

impl Upgrade {
    /// Starts an upgrade.
    ///
    /// # Errors
    /// [`RequestError::BadRequest`] if the client does not poll, or is being upgraded already.
    pub(super) fn begin(connection: Arc<Connection>) -> Result<Self, RequestError> {
        let mut state = connection.lock();
        let polling = state.polling()?;
        if polling.upgrade != UpgradeProgress::None {
            return Err(RequestError::BadRequest);
        }
        polling.upgrade = UpgradeProgress::Opened;
        drop(state);
        Ok(Self { connection })
    }

    /// Completes the upgrade and passes the WebSocket to the connection's task.
    pub(super) async fn run(self, mut websocket: WebSocket) {
        let limit = self.connection.settings.upgrade_timeout;
        let closed = self.connection.wait_for(limit, |state| state.closed());
        let upgraded = tokio::select! {
            upgraded = timeout(limit, self.negotiate(&mut websocket)) => upgraded.ok().flatten(),
            _ = closed => None,
        };
        if upgraded.is_some() {
            self.complete(websocket);
        }
    }

    async fn negotiate(&self, websocket: &mut WebSocket) -> Option<()> {
        probe(websocket).await?;
        self.set_progress(UpgradeProgress::Probed);
        (next_packet(websocket).await? == EnginePacket::Upgrade).then_some(())
    }

    fn set_progress(&self, progress: UpgradeProgress) {
        let mut state = self.connection.lock();
        let Ok(polling) = state.polling() else { return };
        polling.upgrade = progress;
        let poll = match progress {
            UpgradeProgress::Probed => polling.release_poll(),
            UpgradeProgress::None | UpgradeProgress::Opened => polling.take_poll_waker(),
        };
        drop(state);
        wake(poll);
    }

    fn complete(&self, websocket: WebSocket) {
        let mut state = self.connection.lock();
        let Ok(polling) = state.polling() else { return };
        let mut polling = std::mem::take(polling);
        let poll = polling.take_poll_waker();
        state.phase = Phase::Upgraded(Box::new(polling.into_upgraded(websocket)));
        let task = state.take_task();
        drop(state);
        wake(poll);
        wake(task);
    }
}

impl Drop for Upgrade {
    fn drop(&mut self) {
        self.set_progress(UpgradeProgress::None);
    }
}

/// Answers the probe of a client that wants to upgrade.
pub(super) async fn probe(websocket: &mut WebSocket) -> Option<()> {
    if next_packet(websocket).await? != EnginePacket::Probe {
        return None;
    }
    websocket.start_write(vec![Frame::fixed(PROBED)]);
    poll_fn(|cx| websocket.poll_write(cx)).await.ok().map(drop)
}

pub(super) async fn next_packet(websocket: &mut WebSocket) -> Option<EnginePacket> {
    poll_fn(|cx| websocket.poll_read(cx)).await.ok()
}
