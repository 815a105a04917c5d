//! Gauges, sampled every five seconds.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, describe_gauge, gauge};
use socketio::Server;
use tokio_util::sync::CancellationToken;

use crate::hub::Hub;

/// Time between two samples.
const INTERVAL: Duration = Duration::from_secs(5);

const CONNECTIONS: &str = "agent_assist_connections";
const QUEUED_FRAMES: &str = "agent_assist_queued_frames";
const QUEUED_BYTES: &str = "agent_assist_queued_bytes";
const ROOMS: &str = "agent_assist_rooms";
const MEMBERS: &str = "agent_assist_members";
const MEMBERS_BEHIND: &str = "agent_assist_members_behind";
const REDIS_CONNECTED: &str = "agent_assist_redis_connected";

fn describe() {
    describe_gauge!(CONNECTIONS, "Open Engine.IO connections");
    describe_gauge!(QUEUED_FRAMES, "Frames that wait to be written to desktops");
    describe_gauge!(QUEUED_BYTES, Unit::Bytes, "Bytes that wait to be written to desktops");
    describe_gauge!(ROOMS, "Conversations with at least one desktop");
    describe_gauge!(MEMBERS, "Desktops in conversations");
    describe_gauge!(MEMBERS_BEHIND, "Desktops in conversations that are being caught up from the log");
    describe_gauge!(REDIS_CONNECTED, "1 while events can arrive from Redis");
}

/// Samples the gauges until `stop` is cancelled.
pub(crate) async fn run(hub: Arc<Hub>, sockets: Server, stop: CancellationToken) {
    describe();
    while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
        let (frames, bytes) = sockets.queued();
        let state = hub.state();
        set(CONNECTIONS, sockets.connections());
        set(QUEUED_FRAMES, frames);
        set(QUEUED_BYTES, bytes);
        set(ROOMS, state.rooms);
        set(MEMBERS, state.members);
        set(MEMBERS_BEHIND, state.behind);
        set(REDIS_CONNECTED, usize::from(hub.is_connected()));
    }
}

#[expect(clippy::cast_precision_loss, reason = "no value comes near 2^53")]
fn set(name: &'static str, value: usize) {
    gauge!(name).set(value as f64);
}
