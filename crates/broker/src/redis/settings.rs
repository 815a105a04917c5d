use std::path::PathBuf;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret, SecretString};
use settings::Reader;
use settings::kinds::quoted;

use crate::variables::{REDIS_CA_CERT, REDIS_CLUSTER, REDIS_URL, REDISHOST, REDISPORT};

/// How long TCP may wait for an acknowledgement, and how long it waits before it asks an idle peer.
const TCP_PATIENCE: Duration = Duration::from_secs(10);

/// Where Redis is and how long we wait for it.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://`, `rediss://` (TLS) or `redis+unix://`, with user, password and database.
    pub url: SecretString,
    /// File with the PEM certificates of the authorities that may vouch for a `rediss://` node,
    /// instead of those that the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// The longest that one operation may take, waiting for its turn and for a connection included.
    pub response_timeout: Duration,
    /// The longest that connecting may take, TLS and authentication included.
    pub connect_timeout: Duration,
    /// How many events may be on their way to Redis at a time; further ones wait their turn.
    pub in_flight: usize,
    /// The node is one of a Redis Cluster (from Redis 7.0 on), whose others are asked for there.
    pub cluster: bool,
    /// How many replicas must have an event before it counts as recorded.
    pub min_replicas: usize,
}

impl RedisSettings {
    /// The defaults, for the Redis at `url`.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            ca_cert: None,
            response_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(2),
            in_flight: 1024,
            cluster: false,
            min_replicas: 0,
        }
    }

    /// Reads `REDIS_URL`, or else `REDISHOST` and `REDISPORT`, and `REDIS_CA_CERT` and `REDIS_CLUSTER`. That they do not fit together
    /// is a problem too.
    pub fn read(env: &mut Reader) -> Self {
        let (host, port, url) = (REDISHOST.read(env), REDISPORT.read(env), REDIS_URL.read(env));
        let (ca_cert, cluster, is_url) = (REDIS_CA_CERT.read(env), REDIS_CLUSTER.read(env), url.is_some());
        let url = url.unwrap_or_else(|| format!("redis://{}:{port}", bracketed(&host)).into());
        let settings = Self { ca_cert, cluster, ..Self::new(url) };
        match settings.client() {
            Err(SettingsError::Url(_)) if !is_url => REDISHOST.problem(env, quoted(&host), "a host name or an address"),
            Err(error) => error.report(env),
            Ok(_) => {}
        }
        settings
    }

    /// Returns where Redis is, without user and password: `host:port`, or the path of a socket.
    pub fn address(&self) -> String {
        let info = self.url.expose_secret().into_connection_info();
        info.map_or_else(|_| "unknown".to_owned(), |info| info.addr().to_string())
    }

    /// A client that speaks RESP3, whose push messages carry the live events
    /// (<https://redis.io/docs/latest/develop/reference/protocol-spec/#pushes>).
    pub(super) fn client(&self) -> Result<Client, SettingsError> {
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_keepalive(TcpKeepalive::new().with_time(TCP_PATIENCE).with_interval(TCP_PATIENCE))
            .set_user_timeout(TCP_PATIENCE);
        let info = self.url.expose_secret().into_connection_info().map_err(SettingsError::Url)?.set_tcp_settings(tcp);
        if self.cluster && (info.redis_settings().db() != 0 || matches!(info.addr(), ConnectionAddr::Unix(_))) {
            return Err(SettingsError::Cluster);
        }
        let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let info = info.set_redis_settings(resp3);
        if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            self.tls_client(info)
        } else {
            self.plain_client(info)
        }
    }

    fn plain_client(&self, info: ConnectionInfo) -> Result<Client, SettingsError> {
        if self.ca_cert.is_some() {
            return Err(SettingsError::CertificatesWithoutTls);
        }
        Client::open(info).map_err(SettingsError::Url)
    }

    fn tls_client(&self, info: ConnectionInfo) -> Result<Client, SettingsError> {
        // Another part of the process may have installed it already; either way there is one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let Some(path) = &self.ca_cert else {
            return Client::open(info).map_err(SettingsError::Url);
        };
        let root_cert =
            std::fs::read(path).map_err(|source| SettingsError::Unreadable { path: path.clone(), source })?;
        let unusable = |source| SettingsError::Certificates { path: path.clone(), source };
        // The client would trust no certificate with an empty file.
        if !matches!(CertificateDer::pem_slice_iter(&root_cert).next(), Some(Ok(_))) {
            return Err(unusable(None));
        }
        Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
            .map_err(|source| unusable(Some(source)))
    }
}

/// An IPv6 address has brackets in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// Settings with which no connection can ever be made. No message repeats the URL.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The URL cannot be read.
    #[error("no Redis URL")]
    Url(#[source] redis::RedisError),
    /// A cluster has no databases, and is not reached by a socket in the file system.
    #[error("a Redis Cluster beside a URL with a database number or a socket")]
    Cluster,
    /// Certificates are given, but the URL asks for no TLS.
    #[error("a CA certificate beside a URL without TLS")]
    CertificatesWithoutTls,
    /// The file with the certificates cannot be read.
    #[error("a file that cannot be read: {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file contains no certificates.
    #[error("a file without usable PEM certificates: {}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why not, if there is more to say.
        source: Option<redis::RedisError>,
    },
}

impl SettingsError {
    fn report(&self, env: &mut Reader) {
        let found = self.to_string();
        match self {
            Self::Url(_) => {
                let expected = "redis[s]://[user:password@]host[:port][/database] or redis+unix:///path";
                REDIS_URL.problem(env, found, expected);
            }
            Self::Cluster => REDIS_CLUSTER.problem(env, found, "a redis:// or rediss:// URL without a database number"),
            Self::CertificatesWithoutTls => REDIS_CA_CERT.problem(env, found, "a rediss:// URL in REDIS_URL"),
            Self::Unreadable { .. } | Self::Certificates { .. } => {
                REDIS_CA_CERT.problem(env, found, "a readable file with PEM certificates");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use settings::Env;

    fn read<const N: usize>(env: [(&str, &str); N]) -> Result<RedisSettings, String> {
        let mut env = Env::from(env).reader();
        let settings = RedisSettings::read(&mut env);
        env.finish(Some(settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn host_and_port_make_a_url_unless_one_is_given() {
        let url = |settings: RedisSettings| settings.url.expose_secret().to_owned();
        assert_eq!(url(read([]).unwrap()), "redis://localhost:6379");
        assert_eq!(url(read([("REDISHOST", "10.0.0.3"), ("REDISPORT", "6380")]).unwrap()), "redis://10.0.0.3:6380");
        assert_eq!(url(read([("REDISHOST", "fd00::1")]).unwrap()), "redis://[fd00::1]:6379");
        assert_eq!(url(read([("REDISHOST", "x"), ("REDIS_URL", "rediss://h:1")]).unwrap()), "rediss://h:1");
    }

    #[test]
    fn the_address_has_neither_user_nor_password() {
        for (url, address) in [
            ("rediss://agent:geheim@10.0.0.3:6380/2", "10.0.0.3:6380"),
            ("redis://h", "h:6379"),
            ("redis+unix:///run/redis.sock?pass=geheim", "/run/redis.sock"),
        ] {
            assert_eq!(read([("REDIS_URL", url)]).unwrap().address(), address);
        }
    }

    #[test]
    fn a_url_that_cannot_be_used_is_reported_without_its_password() {
        for url in ["http://:geheim@h", "redis://:geheim@", "redis://:geheim@h:port", "rediss://:geheim@h:1:2"] {
            let problem = read([("REDIS_URL", url)]).unwrap_err();
            assert!(problem.starts_with("REDIS_URL: found no Redis URL, ") && !problem.contains("geheim"), "{problem}");
        }
    }

    #[test]
    fn settings_that_do_not_fit_together_are_reported() {
        for (name, env) in [
            ("REDIS_CA_CERT", [("REDIS_URL", "redis://h"), ("REDIS_CA_CERT", "/etc/hostname")]),
            ("REDIS_CA_CERT", [("REDIS_URL", "rediss://h"), ("REDIS_CA_CERT", "/etc/hostname")]),
            ("REDIS_CLUSTER", [("REDIS_URL", "redis://h/1"), ("REDIS_CLUSTER", "true")]),
            ("REDISHOST", [("REDISHOST", "10.0.0.3 "), ("REDISHOST", "a host")]),
        ] {
            let problem = read(env).unwrap_err();
            assert!(problem.starts_with(name) && problem.lines().count() == 1, "{problem}");
        }
    }
}
