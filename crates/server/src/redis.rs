//! Where Redis is and how long it keeps events, as both services are told it.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::env::EnvReader;

/// Where Redis is and how to reach it.
#[derive(Debug)]
pub struct RedisAddress {
    /// `redis://`, `rediss://` or `redis+unix://`, with user, password and database if there are any.
    pub url: SecretString,
    /// The CA that signed the server's certificate, if it is not a public one.
    pub ca_cert: Option<PathBuf>,
    /// The server is one of a Redis Cluster.
    pub cluster: bool,
}

impl RedisAddress {
    /// Reads `REDIS_URL`, or else `REDISHOST` and `REDISPORT`, and `REDIS_CA_CERT` and `REDIS_CLUSTER`.
    pub fn read(env: &mut EnvReader) -> Self {
        Self { url: url(env), ca_cert: ca_cert(env), cluster: env.flag("REDIS_CLUSTER", false) }
    }
}

/// How much of a conversation stays in Redis for desktops that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRetention {
    /// For how long.
    pub time: Duration,
    /// How many events of each conversation.
    pub events: usize,
}

impl EventRetention {
    /// Reads `EVENT_RETENTION_SECONDS` and `EVENT_RETENTION_MAX`.
    pub fn read(env: &mut EnvReader) -> Self {
        let day = 24 * 60 * 60;
        let seconds = env.parse_within("EVENT_RETENTION_SECONDS", "1 to 86400", 900, |n| (1..=day).contains(n));
        let events = env.parse_within("EVENT_RETENTION_MAX", "1 to 100000", 512, |n| (1..=100_000).contains(n));
        Self { time: Duration::from_secs(seconds), events }
    }
}

fn url(env: &mut EnvReader) -> SecretString {
    let host = env.text_or("REDISHOST", "localhost");
    let port = env.parse_within("REDISPORT", "a port number, 1 to 65535", 6379_u16, |port| *port > 0);
    // Whoever connects knows which URLs can be used.
    let default = format!("redis://{}:{port}", bracketed(&host));
    env.text("REDIS_URL").map_or(default, str::to_owned).into()
}

/// An IPv6 address needs brackets in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

fn ca_cert(env: &mut EnvReader) -> Option<PathBuf> {
    let path = PathBuf::from(env.text("REDIS_CA_CERT")?);
    match std::fs::File::open(&path) {
        Ok(_) => Some(path),
        Err(error) => {
            let found = format!("{} ({error})", path.display());
            env.problem("REDIS_CA_CERT", found, "a readable file with certificates in PEM");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RedisAddress;
    use crate::env::Env;
    use secrecy::ExposeSecret;

    fn url(env: Env) -> Result<String, String> {
        let mut reader = env.reader();
        let address = RedisAddress::read(&mut reader);
        reader.finish(address.url.expose_secret().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn host_and_port_make_a_url_unless_one_is_given() {
        assert_eq!(url(Env::default()).unwrap(), "redis://localhost:6379");
        assert_eq!(
            url(Env::from([("REDISHOST", "10.0.0.3"), ("REDISPORT", "6380")])).unwrap(),
            "redis://10.0.0.3:6380"
        );
        assert_eq!(url(Env::from([("REDISHOST", "fd00::1")])).unwrap(), "redis://[fd00::1]:6379");
        assert_eq!(url(Env::from([("REDISHOST", "x"), ("REDIS_URL", "rediss://h:1")])).unwrap(), "rediss://h:1");
    }
}
