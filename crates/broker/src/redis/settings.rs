use std::path::PathBuf;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret, SecretString};

/// How long TCP may wait for an acknowledgement, and how long it waits before it asks an idle peer.
const TCP_PATIENCE: Duration = Duration::from_secs(10);

/// Where Redis is and how long we wait for it.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://`, `rediss://` (TLS) or `redis+unix://`, with user, password and database.
    pub url: SecretString,
    /// File with the PEM certificates of the authorities that may vouch for a `rediss://` server,
    /// instead of those that the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// The longest that one operation may take, waiting for its turn and for a connection included.
    pub response_timeout: Duration,
    /// The longest that connecting may take, TLS and authentication included.
    pub connect_timeout: Duration,
    /// How many events may be on their way to Redis at a time; further ones wait their turn.
    pub in_flight: usize,
    /// The server is one of a Redis Cluster (from Redis 7.0 on), whose others are asked for there.
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
        // The client would take an empty file for "trust nobody".
        if !matches!(CertificateDer::pem_slice_iter(&root_cert).next(), Some(Ok(_))) {
            return Err(unusable(None));
        }
        Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
            .map_err(|source| unusable(Some(source)))
    }
}

/// Settings with which no connection can ever be made. No message repeats the URL.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The URL cannot be read.
    #[error("not a Redis URL of the form redis[s]://[user:password@]host[:port][/db] or redis+unix:///path")]
    Url(#[source] redis::RedisError),
    /// A cluster has no databases, and is not reached by a socket in the file system.
    #[error("a Redis Cluster needs a redis:// or rediss:// URL without a database number")]
    Cluster,
    /// Certificates are given, but the URL asks for no TLS.
    #[error("a CA certificate is of use with a rediss:// URL only")]
    CertificatesWithoutTls,
    /// The file with the certificates cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds no certificates.
    #[error("no usable PEM certificates in {}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why not, if there is more to say.
        source: Option<redis::RedisError>,
    },
}

impl SettingsError {
    /// Which of the services' settings is at fault.
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Url(_) => "REDIS_URL",
            Self::Cluster => "REDIS_CLUSTER",
            _ => "REDIS_CA_CERT",
        }
    }
}
