//! What a server can be told; every limit has a default.

use std::{ops::RangeInclusive, time::Duration};

/// Settings of a server. `Settings::default()` is what the reference server does, with bounds where it has none.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Path the server answers at, `/socket.io/`; it is served without its trailing slash as well.
    pub path: String,
    /// Time between two pings to a client, 25 s.
    pub ping_interval: Duration,
    /// Time a client has to answer a ping, 20 s; also the longest that a POST may take.
    pub ping_timeout: Duration,
    /// Time in which a client must be accepted into its first namespace, 10 s.
    pub connect_timeout: Duration,
    /// Time in which a client must complete its upgrade to WebSocket, 10 s.
    pub upgrade_timeout: Duration,
    /// Largest WebSocket message and POST body, in bytes, 1,000,000. It also bounds a packet with all its attachments.
    pub max_payload: usize,
    /// The same before the client is in a namespace, when nobody knows yet who it is, 64 KiB.
    pub max_payload_before_connect: usize,
    /// Frames that may wait for one client, 128.
    pub outbox_packets: usize,
    /// Bytes that may wait for one client, 1 MiB. A larger frame is sent when nothing else waits.
    pub outbox_bytes: usize,
    /// Time that one write to a client, or one wait for room in its outbox, may take, 10 s.
    pub write_timeout: Duration,
    /// Time that a handler still running when its connection ends gets to finish before it is dropped, 5 s.
    pub handler_grace: Duration,
    /// Connections served at once, 100,000; further clients get 503.
    pub max_connections: usize,
    /// A connection is closed after a random time in this range, so that it is recycled before a proxy cuts it;
    /// `None` (the default) means never.
    pub lifetime: Option<RangeInclusive<Duration>>,
    /// Name of this process among several, without a dot; session ids end with it. `None` (the default) for one that
    /// is alone.
    pub node: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: "/socket.io/".to_owned(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            max_payload_before_connect: 64 * 1024,
            outbox_packets: 128,
            outbox_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(10),
            handler_grace: Duration::from_secs(5),
            max_connections: 100_000,
            lifetime: None,
            node: None,
        }
    }
}
