//! The variables that say where Redis is and what it keeps.

use settings::kinds::{File, Flag, Number, Seconds, Secret, Text};

settings::settings! {
    /// What the services read about Redis.
    pub const VARIABLES;

    /// Host name or address of Redis, for connections without TLS.
    REDISHOST: Text = "localhost";
    /// Port of Redis.
    REDISPORT: Number<1, 65535> = "6379";
    /// URL of Redis, with user, password and database: `redis://`, `rediss://` (TLS) or `redis+unix://`. It takes precedence over
    /// `REDISHOST` and `REDISPORT`. Redis has to be 6.0 or later.
    REDIS_URL: Option<Secret>, else "none: `REDISHOST` and `REDISPORT`";
    /// File with the PEM certificates of the authorities that are trusted for a `rediss://` server.
    REDIS_CA_CERT: Option<File>, else "the authorities that the system trusts";
    /// Whether the server is a node of a Redis Cluster (7.0 or later, also Memorystore's and Valkey's), which is asked for the other
    /// nodes. See DEPLOY.md.
    REDIS_CLUSTER: Flag = "false";
    /// Seconds after its last event for which a conversation stays in Redis, and for which a message is recognized as a duplicate.
    /// Must be the same for both services.
    EVENT_RETENTION_SECONDS: Seconds<1, 86400> = "900";
    /// Number of events of each conversation that are kept at least. The connector concludes from it whether older events may have
    /// been dropped. Must be the same for both services.
    EVENT_RETENTION_MAX: Number<1, 100_000> = "512";
}
