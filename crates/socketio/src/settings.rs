use std::ops::RangeInclusive;
use std::time::Duration;

/// Settings of a [`Server`](crate::Server).
///
/// The defaults are those of the reference server, with bounds where it has none.
#[derive(Clone, Debug)]
pub struct SocketSettings {
    /// Path of the server, `/socket.io/`. It is also served without its trailing slash.
    pub path: String,
    /// Time between two pings to a client, 25 s.
    pub ping_interval: Duration,
    /// Time in which a client must answer a ping, and in which the body of a POST must arrive, 20 s.
    pub ping_timeout: Duration,
    /// Time in which a client must be accepted into its first namespace, 10 s.
    pub connect_timeout: Duration,
    /// Time in which a client must complete its upgrade to WebSocket, 10 s.
    pub upgrade_timeout: Duration,
    /// Largest WebSocket message and largest body of a POST, in bytes, 1,000,000. It also bounds a
    /// packet together with its attachments.
    pub max_payload: usize,
    /// The same limit until the client has been accepted into a namespace, 64 KiB.
    pub max_payload_before_connect: usize,
    /// Frames that may wait for one client, 128.
    pub outbox_packets: usize,
    /// Bytes that may wait for one client, 1 MiB. A larger frame is sent when nothing else waits.
    pub outbox_bytes: usize,
    /// Time for which a client may accept no byte while frames wait to be written, 10 s.
    pub write_timeout: Duration,
    /// Time that a handler may still run after its connection has ended, 5 s.
    pub handler_grace: Duration,
    /// Connections served at the same time, 100,000. Further clients get the status 503.
    pub max_connections: usize,
    /// A connection is closed after a random time in this range, before a proxy cuts it. `None`, the
    /// default, sets no limit.
    pub lifetime: Option<RangeInclusive<Duration>>,
    /// Name of this process among its peers, which the ids of its sessions end with. It must not
    /// contain a dot, and must be as long as the names of the peers. `None`, the default, for a
    /// process without peers.
    pub node: Option<String>,
}

impl Default for SocketSettings {
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
